#include "bench_report.h"

#include "command.h"
#include "json.h"

#include <stdio.h>

void bench_report_header(const bench_report *report)
{
    if (report->json)
        return;
    printf("device: %s\n\n", report->device);
    printf("%-*s %10s %8s %7s %7s %6s %8s\n", report->case_width, "case", "us", "MB", "GB/s", "limit",
           "share", "empty us");
}

static void print_row(const bench_report *report, const bench_case *c, const bench_result *r)
{
    printf("%-*s %10.1f %8.2f %7.1f %7.1f %5.0f%% %8.1f\n", report->case_width, c->text, r->median_us,
           (double)r->min_bytes * 1e-6, bench_gbps(r), bench_limit_gbps(r), 100 * bench_share(r),
           r->empty_us);
    if (!report->profile)
        return;
    for (size_t i = 0; i < r->kernel_count; i++)
        printf("  %-*s %10.1f\n", report->case_width - 2, r->kernels[i].name, r->kernels[i].median_us);
    printf("  copy: %-*s %10.1f\n", report->case_width - 8, r->copy, r->copy_us);
}

static json_t *kernels_json(const bench_result *r)
{
    json_t *array = json_array();
    for (size_t i = 0; i < r->kernel_count; i++)
        json_append(&array, json_pack("{s:s, s:f}", "name", r->kernels[i].name, "median_us",
                                      r->kernels[i].median_us));
    return array;
}

static json_t *milliseconds(const bench_start *start, double ms)
{
    return start ? json_real(ms) : json_null();
}

static json_t *case_json(const bench_report *report, const bench_case *c, const bench_result *r,
                         const bench_start *start)
{
    json_t *object = json_pack(
        "{s:s, s:f, s:f, s:f, s:I, s:f, s:f, s:f, s:s, s:b, s:f, s:f, s:f, s:s, s:o, s:I, s:I, s:o, s:o, "
        "s:o}",
        "case", c->text, "median_us", r->median_us, "min_us", r->min_us, "max_us", r->max_us, "min_bytes",
        (json_int_t)r->min_bytes, "gbps", bench_gbps(r), "limit_gbps", bench_limit_gbps(r), "copy_us",
        r->copy_us, "copy", r->copy, "limit_exceeded", (int)bench_limit_exceeded(r), "empty_us", r->empty_us,
        "execute_us", r->execute_us, "enqueue_us", r->enqueue_us, "variant", r->variant, "device",
        json_text(report->device), "compute_units", (json_int_t)report->compute_units, "runs",
        (json_int_t)r->runs, "cold_start_ms", milliseconds(start, start ? start->cold_ms : 0),
        "warm_start_ms", milliseconds(start, start ? start->warm_ms : 0), "devices_ms",
        milliseconds(start, start ? start->devices_ms : 0));
    if (report->profile)
        json_put(&object, "kernels", kernels_json(r));
    return object;
}

static void warn(const bench_case *c, const bench_result *r)
{
    complain(
        EXIT_DONE,
        "case \"%s\": its copy limit is wrong: the operation moved %.1f MB at %.1f GB/s, but the fastest "
        "copy that was tried (%s) reached only %.1f GB/s; the share of %.0f%% says nothing",
        c->text, (double)r->min_bytes * 1e-6, bench_gbps(r), r->copy, bench_limit_gbps(r),
        100 * bench_share(r));
}

int bench_report_case(const bench_report *report, const bench_case *c, const bench_result *result,
                      const bench_start *start)
{
    int status = EXIT_DONE;
    if (report->json)
        status = print_json(case_json(report, c, result, start), JSON_COMPACT | JSON_REAL_PRECISION(7));
    else
        print_row(report, c, result);
    fflush(stdout);
    if (bench_limit_exceeded(result))
        warn(c, result);
    return status;
}

void bench_report_start_header(const bench_report *report)
{
    printf("\n%-*s %10s %10s %10s\n", report->case_width, "from process start to the first result, ms",
           "cold", "warm", "devices");
}

void bench_report_start(const bench_report *report, const bench_case *c, const bench_start *start)
{
    printf("%-*s %10.1f %10.1f %10.1f\n", report->case_width, c->text, start->cold_ms, start->warm_ms,
           start->devices_ms);
}

/*
 * fpga schedule: one program holds several operations, whose formulas use the same names. Each is included
 * with INSTANCE defined, which comes before all of its names: what says `accumulator` in a file means
 * `l2_normalize_accumulator` in the program. A name that is missing here is defined twice, and the compiler
 * says so.
 */
#define RENAMED__(instance, name)        instance##_##name
#define RENAMED_(instance, name)         RENAMED__(instance, name)
#define RENAMED(name)                    RENAMED_(INSTANCE, name)

/* tensors.cl, lanes/, groups.cl */
#define sources                          RENAMED(sources)
#define sources_at                       RENAMED(sources_at)
#define operands                         RENAMED(operands)
#define load_operands                    RENAMED(load_operands)
#define TERMS                            RENAMED(TERMS)
#define KNOWN                            RENAMED(KNOWN)
#define load_groups                      RENAMED(load_groups)
#define store_groups                     RENAMED(store_groups)
#define load_some_operands               RENAMED(load_some_operands)

/* accumulators/pair.cl, roots.cl */
#define pair                             RENAMED(pair)
#define two_sum                          RENAMED(two_sum)
#define renormalize                      RENAMED(renormalize)
#define pair_multiply                    RENAMED(pair_multiply)
#define pair_add                         RENAMED(pair_add)
#define inverse_square_root              RENAMED(inverse_square_root)
#define inverse_square_root_pair         RENAMED(inverse_square_root_pair)

/* accumulators/ */
#define accumulator                      RENAMED(accumulator)
#define accumulator_empty                RENAMED(accumulator_empty)
#define accumulator_merge                RENAMED(accumulator_merge)
#define accumulator_rescale              RENAMED(accumulator_rescale)
#define scale_for                        RENAMED(scale_for)
#define deviations                       RENAMED(deviations)
#define accumulator_of_tile              RENAMED(accumulator_of_tile)
#define mean_of_tile                     RENAMED(mean_of_tile)
#define deviations_of_tile               RENAMED(deviations_of_tile)
#define exact_sum_of_tile                RENAMED(exact_sum_of_tile)
#define infinite_mean_of_tile            RENAMED(infinite_mean_of_tile)
#define squares_of_tile                  RENAMED(squares_of_tile)
#define extreme_accumulator_of_tile      RENAMED(extreme_accumulator_of_tile)
#define scaled_accumulator_of_tile       RENAMED(scaled_accumulator_of_tile)
#define accumulator_of_registers         RENAMED(accumulator_of_registers)
#define mean_of_registers                RENAMED(mean_of_registers)
#define deviations_of_registers          RENAMED(deviations_of_registers)
#define exact_sum_of_registers           RENAMED(exact_sum_of_registers)
#define infinite_mean_of_registers       RENAMED(infinite_mean_of_registers)
#define squares_of_registers             RENAMED(squares_of_registers)
#define extreme_accumulator_of_registers RENAMED(extreme_accumulator_of_registers)
#define scaled_accumulator_of_registers  RENAMED(scaled_accumulator_of_registers)

/* ops/: what every formula may have */
#define formula                          RENAMED(formula)
#define formula_term                     RENAMED(formula_term)
#define formula_load                     RENAMED(formula_load)
#define formula_finish                   RENAMED(formula_finish)
#define formula_save                     RENAMED(formula_save)
#define formula_apply                    RENAMED(formula_apply)
#define COEFFICIENTS                     RENAMED(COEFFICIENTS)

/* ops/batch_normalization.cl and its gradient */
#define inverse_deviation_of             RENAMED(inverse_deviation_of)
#define set_coefficients                 RENAMED(set_coefficients)
#define variance_of                      RENAMED(variance_of)
#define save                             RENAMED(save)
#define update                           RENAMED(update)
#define inverse_of_running               RENAMED(inverse_of_running)
#define MEAN                             RENAMED(MEAN)
#define MEAN_REST                        RENAMED(MEAN_REST)
#define SCALE                            RENAMED(SCALE)
#define SHIFT                            RENAMED(SHIFT)
#define INVERSE                          RENAMED(INVERSE)
#define SLOPE                            RENAMED(SLOPE)

/* ops/l2_normalize.cl and its gradient */
#define exponent_of_scale                RENAMED(exponent_of_scale)
#define is_floored                       RENAMED(is_floored)
#define FIRST_FACTOR                     RENAMED(FIRST_FACTOR)
#define SECOND_FACTOR                    RENAMED(SECOND_FACTOR)
#define SECOND_SCALE                     RENAMED(SECOND_SCALE)
#define INVERSE_REST                     RENAMED(INVERSE_REST)
#define SLOPE_REST                       RENAMED(SLOPE_REST)

/* ops/local_response_normalization.cl */
#define window_sum                       RENAMED(window_sum)
#define window_square                    RENAMED(window_square)
#define window_join                      RENAMED(window_join)
#define window_add                       RENAMED(window_add)
#define window_pair                      RENAMED(window_pair)
#define denominator                      RENAMED(denominator)
#define log2_of                          RENAMED(log2_of)
#define times_power                      RENAMED(times_power)
#define divide_by_power                  RENAMED(divide_by_power)
#define divide_by_pair                   RENAMED(divide_by_pair)
#define formula_divide                   RENAMED(formula_divide)
#define shares                           RENAMED(shares)
#define formula_shares                   RENAMED(formula_shares)
#define formula_gradient                 RENAMED(formula_gradient)
#define window_over                      RENAMED(window_over)
#define contributions_over               RENAMED(contributions_over)

/* fpga/ */
#define load_word                        RENAMED(load_word)
#define fill_rows                        RENAMED(fill_rows)
#define tile_from_word                   RENAMED(tile_from_word)
#define add_tile                         RENAMED(add_tile)
#define merge_slots                      RENAMED(merge_slots)
#define apply_word                       RENAMED(apply_word)
#define window_at                        RENAMED(window_at)
#define contributions_at                 RENAMED(contributions_at)

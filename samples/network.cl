/*
 * What a network of dense layers needs besides matrix products and normalization. Arrays are dense, a row for
 * each sample of a batch. Launched over {columns, rows}, a work-item for each element unless it says otherwise;
 * any work-group size will do.
 */
#define ELEMENT (get_global_id(1) * get_global_size(0) + get_global_id(0))

/* x[row][pixel] = images[order[first + row]][pixel] / 255 */
kernel void take_images(global const uchar *images, global const uint *order, uint first, global float *x)
{
    const size_t pixel = get_global_id(0), pixels = get_global_size(0), image = order[first + get_global_id(1)];
    x[ELEMENT] = (float)images[image * pixels + pixel] / 255.0f;
}

/* y[row][column] += bias[column] */
kernel void add_bias(global const float *bias, global float *y)
{
    y[ELEMENT] += bias[get_global_id(0)];
}

/* y = 1 / (1 + e^-y) */
kernel void sigmoid(global float *y)
{
    y[ELEMENT] = 1.0f / (1.0f + exp(-y[ELEMENT]));
}

/* dy = dy y (1 - y), for a y that is a sigmoid's */
kernel void sigmoid_gradient(global const float *y, global float *dy)
{
    dy[ELEMENT] *= y[ELEMENT] * (1.0f - y[ELEMENT]);
}

/*
 * Softmax cross-entropy; a work-item does a row, in one column of them. With p = softmax(y[row]) and the row's label:
 *   loss[first + row] = -log p[label]        hits[first + row] = 1 if p[label] is the largest, else 0
 *   dy[row][k] = (p[k] - [k = label]) / rows, the gradient of the mean loss
 */
kernel void softmax(global const float *y, global const uchar *labels, global const uint *order, uint first,
                    uint classes, global float *dy, global float *loss, global float *hits)
{
    const size_t row = get_global_id(1), rows = get_global_size(1);
    const uint label = labels[order[first + row]];
    y += row * classes;
    dy += row * classes;
    uint best = 0;
    for (uint k = 1; k < classes; k++)
        best = y[k] > y[best] ? k : best;
    float sum = 0;
    for (uint k = 0; k < classes; k++)
        sum += exp(y[k] - y[best]); /* at most 1 each: no overflow */
    for (uint k = 0; k < classes; k++)
        dy[k] = (exp(y[k] - y[best]) / sum - (k == label ? 1.0f : 0.0f)) / (float)rows;
    loss[first + row] = log(sum) - (y[label] - y[best]);
    hits[first + row] = best == label ? 1.0f : 0.0f;
}

/* sums[column] += dy[0][column] + dy[1][column] + ...; a work-item does a column, in one row of them. */
kernel void add_column_sums(global const float *dy, uint rows, global float *sums)
{
    const size_t column = get_global_id(0), columns = get_global_size(0);
    float sum = 0;
    for (uint row = 0; row < rows; row++)
        sum += dy[row * columns + column];
    sums[column] += sum;
}

/* value -= rate gradient; elements in one row of them */
kernel void descend(global float *value, global const float *gradient, float rate)
{
    value[ELEMENT] -= rate * gradient[ELEMENT];
}

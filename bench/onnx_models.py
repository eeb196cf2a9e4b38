"""Cases of `clnorm bench` as models of ONNX: all ways to write each, and what it must compute.

A way is a model of one to three nodes that computes the case. ONNX has no gradients, local response normalization only
with channels first, and normalizes batches only along axis 1: with channels last, where all other axes are rows of one
matrix, and local response normalization transposes.
"""
import math

import numpy
import onnx
from onnx import TensorProto, helper

DEFAULTS = {
    "batch_normalization": {"axis": -1, "epsilon": 1e-5, "decay": 0.9},
    "local_response_normalization": {"axis": -1, "depth_radius": 5, "bias": 1.0, "alpha": 1e-4, "beta": 0.75},
    "l2_normalize": {"dim": None, "epsilon": 1e-12},
}
PARAMETERS = ("gamma", "beta", "moving_mean", "moving_variance")


class Case:
    """'batch_normalization:infer:1x64x56x56:axis=1'; `usable` if this file knows all that it says."""

    def __init__(self, text):
        self.text = text
        self.op, self.mode, dims, *rest = text.split(":")
        self.dims = tuple(map(int, dims.split("x")))
        self.given = dict(part.split("=") for part in rest if "=" in part)
        known = DEFAULTS.get(self.op, {})
        self.usable = bool(known) and self.given.keys() <= known.keys()
        self.values = {**known, **{name: float(value) for name, value in self.given.items()}}
        axis = self.values.get("dim", self.values.get("axis"))
        self.usable = self.usable and axis is not None
        self.axis = int(axis) % len(self.dims) if self.usable else None

    @property
    def is_last(self):
        return self.axis == len(self.dims) - 1


class Way:
    """A model: x is its input, y the first output. `dims` are those of x as the model sees it."""

    def __init__(self, name, dims, nodes, constants=None, outputs=None, opset=20):
        self.name, self.dims, self.nodes = name, dims, nodes
        self.constants = constants or {}
        self.outputs = {"y": dims, **(outputs or {})}
        self.opset = opset

    def model(self):
        def info(name, dims):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)
        graph = helper.make_graph(
            self.nodes, "case", [info("x", self.dims)], [info(*output) for output in self.outputs.items()],
            [onnx.numpy_helper.from_array(value, name) for name, value in self.constants.items()])
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)],
                                 ir_version=10).SerializeToString()


def nothing():
    """What ONNX Runtime takes to be called: a value is passed on."""
    return Way("Identity", (1,), [helper.make_node("Identity", ["x"], ["y"])])


def l2_ways(case):
    """epsilon matters only to vectors that are almost 0: LpNormalization and ReduceL2 have none."""
    node = helper.make_node
    yield Way("LpNormalization", case.dims, [node("LpNormalization", ["x"], ["y"], axis=case.axis, p=2)])
    yield Way("ReduceL2, Div", case.dims,
              [node("ReduceL2", ["x", "axes"], ["norm"], keepdims=1), node("Div", ["x", "norm"], ["y"])],
              {"axes": numpy.array([case.axis], "int64")})
    if case.is_last:  # divided by the mean of squares, and scaled by what makes it their sum
        count = case.dims[-1]
        yield Way("RMSNormalization", case.dims,
                  [node("RMSNormalization", ["x", "scale"], ["y"], axis=-1, epsilon=case.values["epsilon"] / count)],
                  {"scale": numpy.full(count, count**-0.5, "float32")}, opset=23)


def response_ways(case):
    """As oneDNN, ONNX divides alpha by the size of the window."""
    if len(case.dims) != 4 or case.axis not in (1, 3):
        return
    size = 2 * int(case.values["depth_radius"]) + 1
    numbers = {"size": size, "alpha": case.values["alpha"] * size, "beta": case.values["beta"],
               "bias": case.values["bias"]}
    node = helper.make_node
    if case.axis == 1:
        yield Way("LRN", case.dims, [node("LRN", ["x"], ["y"], **numbers)])
    else:
        yield Way("Transpose, LRN, Transpose", case.dims,
                  [node("Transpose", ["x"], ["first"], perm=[0, 3, 1, 2]),
                   node("LRN", ["first"], ["y_first"], **numbers),
                   node("Transpose", ["y_first"], ["y"], perm=[0, 2, 3, 1])])


def batch_ways(case, parameters):
    """In training the moving averages are updated, by clnorm as well."""
    if len(case.dims) < 2 or not (case.axis == 1 or case.is_last):
        return
    channels = case.dims[case.axis]
    dims = case.dims if case.axis == 1 else (math.prod(case.dims[:-1]), channels)
    training = case.mode == "train"
    updated = ["new_mean", "new_variance"] if training else []
    yield Way("BatchNormalization", dims,
              [helper.make_node("BatchNormalization", ["x", *PARAMETERS], ["y", *updated], training_mode=int(training),
                                epsilon=case.values["epsilon"], momentum=case.values["decay"])],
              {name: parameters[name] for name in PARAMETERS}, {name: (channels,) for name in updated})


def parameters_of(case, random):
    """What there is one value a channel of."""
    if case.op != "batch_normalization" or not case.usable:
        return {}
    return {name: random.uniform(0.5, 1.5, case.dims[case.axis]).astype("float32") for name in PARAMETERS}


def ways_of(case, parameters):
    """All ways to write the case; none if ONNX has it not."""
    if not case.usable or case.mode not in ("infer", "train"):
        return []
    if case.op == "batch_normalization":
        return list(batch_ways(case, parameters))
    return list(l2_ways(case) if case.op == "l2_normalize" else response_ways(case))


def has(case):
    """Whether there is a way at all."""
    return bool(ways_of(case, parameters_of(case, numpy.random.default_rng(0))))


# ---- What is right ----

def reference(case, x, parameters):
    """y in double."""
    x = x.astype("float64")
    values = case.values
    if case.op == "l2_normalize":
        return x / numpy.sqrt(numpy.maximum(numpy.sum(x**2, case.axis, keepdims=True), values["epsilon"]))
    if case.op == "local_response_normalization":
        radius, squares = int(values["depth_radius"]), numpy.moveaxis(x**2, case.axis, 0)
        sums = [squares[max(0, c - radius):c + radius + 1].sum(0) for c in range(len(squares))]
        return x / (values["bias"] + values["alpha"] * numpy.moveaxis(numpy.array(sums), 0, case.axis))**values["beta"]
    others = tuple(axis for axis in range(x.ndim) if axis != case.axis)
    shape = [1 if axis in others else -1 for axis in range(x.ndim)]
    gamma, beta, mean, variance = (parameters[name].astype("float64").reshape(shape) for name in PARAMETERS)
    if case.mode == "train":
        mean, variance = x.mean(others, keepdims=True), x.var(others, keepdims=True)
    return (x - mean) * gamma / numpy.sqrt(variance + values["epsilon"]) + beta


def tolerance(case):
    """How far results may be apart, and below what values that is not relative to them: a case that differs, in its
    window, its exponent or its axis, must not pass, and sums of many values in single precision must."""
    if case.op == "local_response_normalization":
        return 1e-5, 1e-2
    if case.op == "l2_normalize":
        return 1e-3, 1e-2 / math.sqrt(case.dims[case.axis])
    return 1e-3, 1


def difference(ours, theirs, floor):
    """The largest, relative to the larger value but to no less than `floor`; NaN if there is one."""
    larger = numpy.maximum(numpy.maximum(numpy.abs(ours), numpy.abs(theirs)), floor)
    return float(numpy.max(numpy.abs(ours - theirs) / larger))

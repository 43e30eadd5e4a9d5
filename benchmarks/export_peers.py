"""What others make of a network of jangrad's, so that it can be run beside what jangrad exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.peers import Missing

#: A function from rows to outputs, and the bytes of the file that holds the model.
Run = tuple[Callable[[Any], Any], int | None]

_EMLEARN = """\
#ifndef NET_H
#define NET_H
void net_value(const float x[{inputs}], float y[1]);
#endif
"""
_EMLEARN_CALL = """\

#include "net.h"
void net_value(const float x[{inputs}], float y[1])
{{
    y[0] = eml_net_regress1(&model, x, {inputs});
}}
"""


def write_emlearn(net: Any, folder: Path) -> str:
    """Write `net.c` and `net.h` by emlearn; the folder of its headers.

    Raises:
        Missing: when it is not installed.
    """
    try:
        import emlearn
        from emlearn.net import c_generate_net_loadable
    except ImportError:
        raise Missing("emlearn is not installed") from None
    weights, biases = _layers(net)
    kinds = {"linear": "identity"}
    names = [kinds.get(name, name) for name in net.activations]
    code = c_generate_net_loadable(names, weights, biases, prefix="model")
    inputs = net.n_inputs
    (folder / "net.h").write_text(_EMLEARN.format(inputs=inputs))
    (folder / "net.c").write_text(code + _EMLEARN_CALL.format(inputs=inputs))
    return str(emlearn.includedir)


def in_sklearn(net: Any, dtype: str) -> Run:
    """`MLPRegressor.predict`, with these weights."""
    try:
        from sklearn.neural_network import MLPRegressor
    except ImportError:
        raise Missing("scikit-learn is not installed") from None
    weights, biases = _layers(net)
    widths = tuple(len(bias) for bias in biases[:-1])
    model = MLPRegressor(hidden_layer_sizes=widths, activation=net.activations[0], max_iter=1)
    few = np.random.default_rng(0).normal(size=(8, net.n_inputs)).astype(dtype)
    model.partial_fit(few, few[:, 0])
    model.coefs_ = [array.astype(dtype) for array in weights]
    model.intercepts_ = [array.astype(dtype) for array in biases]
    return model.predict, None


def in_onnxruntime(net: Any, dtype: str) -> Run:
    """What `to_onnx` gives, on one thread."""
    from jangrad.errors import ConfigError
    from jangrad.export import to_onnx

    try:
        model = to_onnx(net, dtype=dtype)
    except ConfigError as error:
        raise Missing(error.what) from None
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.data, options, providers=["CPUExecutionProvider"])
    return lambda rows: session.run(None, {"x": rows})[0], len(model.data)


def in_jax(net: Any, dtype: str) -> Run:
    """What `to_jax` gives, compiled."""
    from jangrad.export import to_jax

    try:
        import jax
    except ImportError:
        raise Missing("JAX is not installed") from None
    jax.config.update("jax_enable_x64", True)
    f = to_jax(net)
    parameters = {name: jax.numpy.asarray(p, dtype) for name, p in f.parameters.items()}
    run = jax.jit(f)
    return lambda rows: run(parameters, rows).block_until_ready(), None


def in_numpy(net: Any, dtype: str) -> Run:
    """What `to_numpy` gives."""
    from jangrad.export import to_numpy

    source = to_numpy(net)
    space: dict[str, Any] = {}
    exec(source, space)
    parameters = {name: numbers.astype(dtype) for name, numbers in source.parameters.items()}
    return lambda rows: space[source.name](rows, **parameters), None


IN_PYTHON: dict[str, Callable[[Any, str], Run]] = {
    "NumPy": in_numpy,
    "onnxruntime": in_onnxruntime,
    "scikit-learn": in_sklearn,
    "JAX": in_jax,
}


def _layers(net: Any) -> tuple[list[Any], list[Any]]:
    """The weights of each layer, a column a neuron, and the biases."""
    weights = [
        np.array([[w.data for w in n.weights] for n in layer.neurons]).T for layer in net.layers
    ]
    return weights, [np.array([n.bias.data for n in layer.neurons]) for layer in net.layers]

"""Makes fixtures/keras/lora-layers.json: small models with Keras' own `enable_lora`, what they compute, the gradients of their
factors, and their factors after five steps of `fit`. Needs keras 3.12.0 beside torch (requirements.txt): pip install keras==3.12.0
"""

import json
import os
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers

draw = np.random.default_rng(7)
rank = 2


def normal(*shape):
    return (draw.standard_normal(shape) * 0.5).astype("float32")


def listed(array):
    return [float(value) for value in np.asarray(array, "float32").ravel()]


def make(name, inputs, model, adapted, alpha):
    for weight in model.weights:
        weight.assign(normal(*weight.shape))
    base = {weight.path: {"shape": list(weight.shape), "values": listed(keras.ops.convert_to_numpy(weight))} for weight in model.weights}
    for layer in model.layers:
        layer.trainable = layer.name in adapted
    factors = {}
    for layer in model.layers:
        if layer.name not in adapted:
            continue
        layer.enable_lora(rank, lora_alpha=alpha)
        for weight in layer.trainable_variables:
            if "lora" in weight.path:
                weight.assign(normal(*weight.shape))
            factors[weight.path] = weight
    started = {path: {"shape": list(weight.shape), "values": listed(keras.ops.convert_to_numpy(weight))} for path, weight in factors.items()}
    outputs = model.predict(inputs, verbose=0)
    targets = normal(*outputs.shape)
    for weight in model.trainable_variables:
        weight.value.grad = None
    loss = torch.mean(torch.square(model(inputs, training=True) - torch.tensor(targets)))
    loss.backward()
    gradients = {path: listed(weight.value.grad.numpy()) for path, weight in factors.items()}
    model.compile(optimizer=keras.optimizers.SGD(0.02), loss="mse")
    history = model.fit(inputs, targets, epochs=5, batch_size=len(inputs), shuffle=False, verbose=0)
    return {
        "name": name,
        "alpha": alpha,
        "rank": rank,
        "adapted": adapted,
        "inputs": {"shape": list(inputs.shape), "values": listed(inputs)},
        "targets": {"shape": list(targets.shape), "values": listed(targets)},
        "base": base,
        "factors": started,
        "outputs": listed(outputs),
        "gradients": gradients,
        "losses": history.history["loss"],
        "trained": {path: listed(keras.ops.convert_to_numpy(weight)) for path, weight in factors.items()},
    }


cases = [
    make(
        "dense",
        normal(4, 5),
        keras.Sequential(
            [keras.Input((5,)), layers.Dense(6, activation="relu", name="hidden"), layers.Dense(3, activation="tanh", name="score")]
        ),
        ["hidden", "score"],
        3,
    ),
    make(
        "embedding",
        draw.integers(0, 7, (4, 3)).astype("int32"),
        keras.Sequential(
            [keras.Input((3,), dtype="int32"), layers.Embedding(7, 4, name="table"), layers.Flatten(), layers.Dense(2, name="score")]
        ),
        ["table"],
        2,
    ),
    make(
        "conv",
        normal(3, 6, 5, 2),
        keras.Sequential(
            [
                keras.Input((6, 5, 2)),
                layers.Conv2D(3, 3, strides=2, padding="same", activation="relu", name="conv"),
                layers.Flatten(),
                layers.Dense(2, name="score"),
            ]
        ),
        ["conv", "score"],
        4,
    ),
]
with open(sys.argv[1], "w") as file:
    json.dump({"keras": keras.__version__, "cases": cases}, file)
    file.write("\n")

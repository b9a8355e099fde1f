"""Writes a GGUF file again with its matrices in another type. Run: python requantise_gguf.py IN.gguf OUT.gguf Q4_K

Python's gguf (0.19.0) quantises to Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0, but not to k-quants: Q4_K and Q6_K are made here by
rounding each run to its own range, without llama.cpp's search for better scales. As llama-quantize does, a matrix whose rows
are no whole blocks of 256 is written in Q5_0 in place of Q4_K, and in Q8_0 in place of Q6_K."""
import sys

import numpy as np
from gguf import GGMLQuantizationType as Type, GGUFReader, GGUFValueType, GGUFWriter, quants

FALLBACKS = {"Q4_K": "Q5_0", "Q6_K": "Q8_0"}


def divided(numbers, by, least, most):
    """Whole numbers from least to most; 0 where there is nothing to divide by."""
    with np.errstate(all="ignore"):
        return np.where(by == 0, 0, np.clip(np.round(numbers / by), least, most))


def halves(numbers):
    return numbers.astype(np.float16), numbers.astype(np.float16).astype(np.float32)


def to_q6_k(values):
    runs = values.reshape(-1, 16, 16)
    extremes = np.take_along_axis(runs, np.abs(runs).argmax(-1, keepdims=True), -1)[..., 0] / -32  # with their signs
    widest = np.take_along_axis(extremes, np.abs(extremes).argmax(-1, keepdims=True), -1)
    stored, scale = halves(widest / -128)
    multiples = divided(extremes, scale, -128, 127)
    codes = divided(runs, (scale * multiples)[..., None], -32, 31).astype(np.int32).reshape(-1, 256) + 32
    codes = codes.astype(np.uint8)
    lower, upper = np.zeros((len(codes), 128), np.uint8), np.zeros((len(codes), 64), np.uint8)
    for chunk in range(2):
        for quarter in range(4):
            first = 128 * chunk + 32 * quarter
            part = codes[:, first : first + 32]
            place = 64 * chunk + 32 * (quarter & 1)
            lower[:, place : place + 32] |= (part & 15) << (4 * (quarter >> 1))
            upper[:, 32 * chunk : 32 * chunk + 32] |= (part >> 4) << (2 * quarter)
    return np.concatenate([lower, upper, multiples.astype(np.int8).view(np.uint8), stored.view(np.uint8)], 1)


def to_q4_k(values):
    runs = values.reshape(-1, 8, 32)
    lowest = -np.minimum(runs.min(-1), 0)
    ranges = (runs.max(-1) + lowest) / 15
    stored, scale = halves(ranges.max(-1, keepdims=True) / 63)
    stored_minimum, minimum = halves(lowest.max(-1, keepdims=True) / 63)
    multiples = divided(ranges, scale, 0, 63).astype(np.uint8)
    minima = divided(lowest, minimum, 0, 63).astype(np.uint8)
    codes = divided(runs + (minimum * minima)[..., None], (scale * multiples)[..., None], 0, 15).astype(np.uint8)
    six = np.concatenate(
        [
            multiples[:, :4] | ((multiples[:, 4:] >> 4) << 6),
            minima[:, :4] | ((minima[:, 4:] >> 4) << 6),
            (multiples[:, 4:] & 15) | ((minima[:, 4:] & 15) << 4),
        ],
        1,
    )
    pairs = codes.reshape(-1, 4, 2, 32)
    pairs = (pairs[:, :, 0] | (pairs[:, :, 1] << 4)).reshape(-1, 128)
    return np.concatenate([stored.view(np.uint8), stored_minimum.view(np.uint8), six, pairs], 1)


def main(source, target, kind):
    reader = GGUFReader(source)
    writer = GGUFWriter(target, str(reader.fields["general.architecture"].contents()))
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        kinds = field.types
        extra = {"sub_type": kinds[-1]} if kinds[0] == GGUFValueType.ARRAY else {}
        writer.add_key_value(field.name, field.contents(), kinds[0], **extra)
    for tensor in reader.tensors:
        shape = [int(size) for size in reversed(tensor.shape)]
        values = np.ascontiguousarray(quants.dequantize(tensor.data, tensor.tensor_type), dtype=np.float32).reshape(shape)
        if values.ndim < 2:
            writer.add_tensor(tensor.name, values)
            continue
        own = FALLBACKS.get(kind, kind) if shape[-1] % 256 else kind
        quantise = {"Q4_K": to_q4_k, "Q6_K": to_q6_k}.get(own, lambda matrix, own=own: quants.quantize(matrix, Type[own]))
        blocks = np.ascontiguousarray(quantise(values).reshape(shape[0], -1))
        error = quants.dequantize(blocks, Type[own]).reshape(shape) - values
        print(f"{tensor.name}: {own}, error {np.sqrt((error**2).mean() / (values**2).mean()):.4f}")
        writer.add_tensor(tensor.name, blocks, raw_dtype=Type[own])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main(*sys.argv[1:])

// Makes the ONNX messages that changes add.

import { attributeFields, elementTypes, type FloatType, nodeFields, tensorFields } from "../model/onnx-model.ts";
import { type Message, wireTypes } from "../wire/fields.ts";
import { delimited, uint } from "../wire/written.ts";
import { checkedNumbers } from "./checked-numbers.ts";

/** The attribute `axis` = −1 (the last axis), in protobuf's encoding of negative numbers. */
export const lastAxis: Message = [
  delimited(attributeFields.name, "axis"),
  { number: attributeFields.integer, type: wireTypes.varint, content: Uint8Array.from([...Array(9).fill(255), 1]) },
  uint(attributeFields.type, 2),
];

/** A node with a standard ONNX operator. */
export function nodeMessage(
  opType: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly Message[] = [],
): Message {
  return [
    ...inputs.map((input) => delimited(nodeFields.input, input)),
    delimited(nodeFields.output, output),
    delimited(nodeFields.name, output),
    delimited(nodeFields.opType, opType),
    ...attributes.map((attribute) => delimited(nodeFields.attribute, attribute)),
  ];
}

/** A tensor with its values. Throws ONNX_OVERFLOW. */
export function tensorMessage(
  name: string,
  tensor: { readonly shape: readonly number[]; readonly values: Float32Array },
  type: FloatType,
): Message {
  return [
    ...tensor.shape.map((size) => uint(tensorFields.dims, size)),
    uint(tensorFields.elementType, elementTypes[type]),
    delimited(tensorFields.name, name),
    delimited(tensorFields.raw, checkedNumbers(name, tensor.values, type)),
  ];
}

/** An input. A size with a name is decided by the caller. */
export function inputMessage(name: string, shape: readonly (number | string)[], type: FloatType): Message {
  const sizes = shape.map((size) => delimited(1, [typeof size === "number" ? uint(1, size) : delimited(2, size)]));
  const tensorType = [uint(1, elementTypes[type]), delimited(2, sizes)];
  return [delimited(1, name), delimited(2, [delimited(1, tensorType)])];
}

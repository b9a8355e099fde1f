import { describe, expect, it } from "vitest";
import { nodeMessage, tensorMessage } from "../change/messages.ts";

import type { Message } from "../wire/fields.ts";
import { delimited, lengthOf, piecesOf, uint } from "../wire/written.ts";
import { graphFields, modelFields, readOnnx, tensorFields } from "./onnx-model.ts";

async function written(message: Message): Promise<Uint8Array> {
  const bytes: number[] = [];
  for await (const piece of piecesOf(message)) bytes.push(...piece);
  expect(bytes.length).toBe(lengthOf(message));
  return Uint8Array.from(bytes);
}

const modelOf = (graph: Message) => written([uint(modelFields.irVersion, 8), delimited(modelFields.graph, graph)]);

function externalTensor(entries: Readonly<Record<string, string>>): Message {
  return [
    uint(tensorFields.dims, 2),
    uint(tensorFields.elementType, 1),
    delimited(tensorFields.name, "w"),
    ...Object.entries(entries).map(([key, value]) =>
      delimited(tensorFields.outside, [delimited(1, key), delimited(2, value)]),
    ),
    uint(tensorFields.location, 1),
  ];
}

describe("reading an ONNX model", () => {
  const weight = { shape: [2, 1], values: Float32Array.of(1, 2) };
  const graph = [
    delimited(graphFields.node, nodeMessage("MatMul", ["x", "w"], "y")),
    delimited(graphFields.initializer, tensorMessage("w", weight, "F32")),
  ];

  it("finds nodes and tensors", async () => {
    const { graph: read } = await readOnnx(await modelOf(graph));
    expect(read.nodes.map(({ opType, inputs, outputs }) => [opType, inputs, outputs])).toEqual([
      ["MatMul", ["x", "w"], ["y"]],
    ]);
    expect(read.tensors.get("w")).toMatchObject({ shape: [2, 1], elementType: 1 });
  });

  it("refuses every truncated file, and names the position", async () => {
    const bytes = await modelOf(graph);
    for (let length = 0; length < bytes.length; length++)
      await expect(readOnnx(bytes.subarray(0, length), { name: "cut.onnx" }), `${length}`).rejects.toThrow(expect.objectContaining({ code: "ONNX_FILE" }));
    await expect(readOnnx(bytes.subarray(0, 12), { name: "cut.onnx" })).rejects.toThrow(
      /cut\.onnx.*field 7 claims \d+ bytes, 8 are left/,
    );
  });

  it("refuses groups, graphs without end, and two tensors of one name", async () => {
    await expect(readOnnx(Uint8Array.of(0x0b))).rejects.toThrow(/wire type 3/);
    let nested: Message = [];
    for (let depth = 0; depth < 40; depth++) {
      const attribute = [delimited(1, "then_branch"), delimited(6, nested)];
      nested = [delimited(graphFields.node, [delimited(5, attribute)])];
    }
    await expect(readOnnx(await modelOf(nested))).rejects.toThrow(/more than 16 deep/);
    await expect(readOnnx(await modelOf([...graph, graph[1]!]))).rejects.toThrow(/two tensors have the name "w"/);
  });

  it.each([
    [{ location: "../secret", length: "8" }, /not a plain file name/],
    [{ location: "/etc/passwd", length: "8" }, /not a plain file name/],
    [{ location: "..", length: "8" }, /not a plain file name/],
    [{ location: "data", length: "-8" }, /-8 bytes at 0/],
    [{ location: "data", offset: "4" }, /the values of/],
    [{ location: "data", offset: "1e99", length: "8" }, /the values of/],
    [{ location: "data", offset: "8", length: "8" }, /ends at byte 16 of "data", which has 12/],
  ])("refuses numbers that are said to lie at %j", async (entries, message) => {
    const bytes = await modelOf([delimited(graphFields.initializer, externalTensor(entries))]);
    const openOutside = async (name: string) => ({ name, size: 12, read: async () => new Uint8Array(8) });
    await expect(readOnnx(bytes, { openOutside })).rejects.toThrow(message);
  });
});

import { describe, expect, it } from "vitest";
import { protobufField, readVarint, varint } from "./protobuf.ts";

describe("a varint", () => {
  it.each([
    [0, [0]],
    [127, [127]],
    [300, [0xac, 0x02]], // the specification's example
    [2 ** 40, [0x80, 0x80, 0x80, 0x80, 0x80, 0x20]],
  ])("%d is written as the specification has it, and read back", (value, bytes) => {
    expect([...varint(value)]).toEqual(bytes);
    expect(readVarint(Uint8Array.from([9, ...bytes, 9]), 1)).toEqual({ value, end: 1 + bytes.length });
  });

  it("of a negative number has ten bytes", () => {
    expect([...varint(-1)]).toEqual([...Array(9).fill(0xff), 1]);
  });

  it.each([
    ["breaks off", [0x80]],
    ["has no end", Array(20).fill(0xff)],
  ])("that %s is not read", (_, bytes) => {
    expect(readVarint(Uint8Array.from(bytes), 0)).toBeUndefined();
  });
});

it("fields have their number and kind before them, and texts and bytes their length", () => {
  expect([...protobufField(1, 150)]).toEqual([0x08, 0x96, 0x01]);
  expect([...protobufField(2, "testing")]).toEqual([0x12, 7, ...new TextEncoder().encode("testing")]);
  expect([...protobufField(3, protobufField(1, 150))]).toEqual([0x1a, 3, 0x08, 0x96, 0x01]);
  expect([...protobufField(16, 1)]).toEqual([0x80, 0x01, 1]);
});

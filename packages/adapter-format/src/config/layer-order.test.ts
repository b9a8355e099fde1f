import { describe, expect, it } from "vitest";

import { createLoraConfig } from "./create-lora-config.ts";
import { layerOrderOf } from "./lora-fields.ts";

describe("layerOrderOf", () => {
  it("puts ranges one after the other, without their ends, as PEFT's documentation has it", () => {
    const layerReplication = [
      [0, 4],
      [2, 5],
    ];
    expect(layerOrderOf({ layerReplication })).toEqual([0, 1, 2, 3, 2, 3, 4]);
  });

  it("is null without replication", () => {
    expect(layerOrderOf({ layerReplication: null })).toBeNull();
    expect(layerOrderOf({ layerReplication: [] })).toBeNull();
  });

  it.each([[[[2, 2]]], [[[3, 1]]], [[[0]]], [[[0, 1, 2]]], [[[0, 2_000_000_000]]]])(
    "refuses %j",
    (layerReplication) => {
      expect(() => createLoraConfig({ layerReplication })).toThrow(
        expect.objectContaining({ code: "INVALID_ADAPTER_CONFIG" }),
      );
      expect(() => createLoraConfig({ layerReplication })).toThrow(/layerReplication/);
    },
  );
});

import { describe, expect, it } from "vitest";
import { createLoraConfig } from "../config/create-lora-config.ts";
import { parseLoraConfig } from "../formats/peft/parse-lora-config.ts";
import { serializeLoraConfig } from "../formats/peft/write-adapter.ts";
import type { LoraConfig } from "../lora-config.ts";
import { kasaSettings } from "./kasa.ts";

describe("kasa_config", () => {
  it("has PEFT's defaults, which a file need not have", () => {
    expect(kasaSettings({ kasaConfig: null })).toBeNull();
    expect(kasaSettings({ kasaConfig: {} })).toEqual({ beta: 1e-4, gamma: 1e-3 });
    expect(kasaSettings({ kasaConfig: { beta: 0, gamma: 2 } })).toEqual({ beta: 0, gamma: 2 });
  });

  it("is written as it was read", () => {
    const config = parseLoraConfig('{"peft_type": "LORA", "kasa_config": {"beta": 0.5, "gamma": 0}}');
    expect(JSON.parse(serializeLoraConfig(config)).kasa_config).toEqual({ beta: 0.5, gamma: 0 });
  });

  it.each([{ beta: -1 }, { gamma: -0.1 }, { beta: null }, { gamma: "1" }, { beta: Number.POSITIVE_INFINITY }])(
    "is refused with a coefficient that is none: %j",
    (kasaConfig) => {
      expect(() => createLoraConfig({ kasaConfig })).toThrow(/kasaConfig: found .*beta and gamma/);
    },
  );

  it.each<Partial<LoraConfig>>([
    { useDora: true },
    { activationTokens: [1] },
    { blockDiagonal: {} },
    { arrowConfig: {} },
    { veloraConfig: {} },
    { monteCloraConfig: {} },
    { init: "mica" },
  ])("is refused beside another variant: %j", (other) => {
    expect(() => createLoraConfig({ kasaConfig: {}, ...other })).toThrow(
      /kasaConfig: found .*PEFT cannot combine it with/,
    );
    expect(() => createLoraConfig(other)).not.toThrow();
  });
});

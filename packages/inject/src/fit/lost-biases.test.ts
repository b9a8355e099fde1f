import { type Adapter, createLoraConfig } from "@lowrank/adapter-format";
import type { Warning } from "@lowrank/contracts";
import { HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { attachAdapter } from "../attach/attach-adapter.ts";
import { injectAdapter } from "../attach/inject-adapter.ts";
import { AdapterMismatchError } from "../errors/mismatch-errors.ts";
import { planInjection } from "../plan/plan-injection.ts";

const keys = [0, 1].map((layer) => `model.layers.${layer}.self_attn.q_proj.base_layer.bias`);

describe("biases of adapted layers that an older PEFT did not save", () => {
  let model: HandMadeModel;
  let adapter: Adapter;
  let base: readonly (readonly number[])[];
  let warnings: Warning[];
  const onWarning = (warning: Warning) => void warnings.push(warning);

  beforeEach(async () => {
    model = new HandMadeModel();
    warnings = [];
    const config = createLoraConfig({ rank: 2, targetModules: ["q_proj"], bias: "lora_only" });
    const handle = injectAdapter(model, planInjection(model, config), { seed: 7 });
    adapter = await handle.toAdapter();
    base = biasesIn(adapter);
    handle.dispose();
  });
  afterEach(() => model.dispose());

  const without = (left: readonly string[]): Adapter => {
    return { ...adapter, tensors: new Map([...adapter.tensors].filter(([key]) => !left.includes(key))) };
  };
  const biasesIn = ({ tensors }: Adapter) => keys.map((key) => [...tensors.get(key)!.values]);

  it("are the base's, as in PEFT, with a warning", async () => {
    const handle = attachAdapter(model, without(keys), { onWarning });
    expect(biasesIn(await handle.toAdapter())).toEqual(base);
    expect(warnings.map(({ code }) => code)).toEqual(["BIASES_LOST"]);
    expect(warnings[0]?.message).toContain(`${keys[0]} and 1 other`);
    handle.dispose();
  });

  it("are not read from the names that PEFT 0.6 gave them, and today's passes over", async () => {
    const oldNames = keys.map((key) => key.replace(".base_layer", ""));
    const values = Float32Array.from(base[0]!, (value) => value + 1);
    const moved = oldNames.map((key) => [key, { shape: [values.length], values }] as const);
    const old = { ...adapter, tensors: new Map([...without(keys).tensors, ...moved]) };
    const handle = attachAdapter(model, old, { onWarning });
    expect(biasesIn(await handle.toAdapter())).toEqual(base);
    expect(warnings.map(({ code }) => code)).toEqual(["BIASES_LOST"]);
    expect(warnings[0]?.message).toContain(`Rename ${oldNames[0]}`);
    handle.dispose();
  });

  it("are missing if the file has others of their kind", () => {
    expect(() => attachAdapter(model, without(keys.slice(1)))).toThrow(AdapterMismatchError);
  });
});

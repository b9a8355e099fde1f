import { type Adapter, createLoraConfig, type LoraConfig } from "@lowrank/adapter-format";
import { activeAdapters, adapterRows, inferenceContext } from "@lowrank/contracts";
import { HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { AdapterMismatchError } from "../errors/mismatch-errors.ts";
import { planInjection } from "../plan/plan-injection.ts";
import { attachAdapter } from "./attach-adapter.ts";
import { hotSwap } from "./hot-swap.ts";
import { injectAdapter } from "./inject-adapter.ts";

const small = createLoraConfig({ rank: 2, alpha: 4, init: false, targetModules: ["q_proj", "up_proj"] });
const large = createLoraConfig({ rank: 5, alpha: 3, init: false, targetModules: ["q_proj"], rankStabilized: true });

describe("hotSwap", () => {
  let model: HandMadeModel;
  let ids: tf.Tensor2D;
  let before: number;

  beforeEach(() => {
    before = tf.memory().numTensors;
    model = new HandMadeModel();
    ids = tf.tensor2d([1, 2, 3, 7, 5, 6], [2, 3], "int32");
  });
  afterEach(() => {
    model.dispose();
    ids.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  const logits = (name?: string) =>
    tf.tidy(() =>
      model.forward(ids, inferenceContext(name === undefined ? undefined : activeAdapters(name))).dataSync(),
    );
  /** An adapter that does something, and what the model computes with it. */
  const make = async (config: LoraConfig, seed = 7): Promise<{ adapter: Adapter; values: ArrayLike<number> }> => {
    const handle = injectAdapter(model, planInjection(model, config), { seed, name: "made" });
    const made = { adapter: await handle.toAdapter(), values: logits("made") };
    handle.dispose();
    return made;
  };

  it.each([
    ["a larger rank, another scaling and fewer targets", small, large],
    ["a smaller rank and more targets", large, small],
    ["DoRA", small, { ...large, useDora: true }],
  ])("computes with the new adapter under the old name: %s", async (_, first, second) => {
    const [one, other] = [await make(first), await make(second, 8)];
    const handle = attachAdapter(model, one.adapter, { name: "slot" });
    handle.setScale(0.5);
    hotSwap(handle, other.adapter);
    expect(logits("slot")).toEqual(other.values);
    expect([handle.name, handle.scale, handle.config.rank]).toEqual(["slot", 1, second.rank]);
    hotSwap(handle, one.adapter);
    expect(logits("slot")).toEqual(one.values);
    handle.dispose();
  });

  it("keeps the adapter that was there if the new one does not fit", async () => {
    const { adapter, values } = await make(small);
    const handle = attachAdapter(model, adapter, { name: "slot" });
    const tensors = new Map([...adapter.tensors].slice(1));
    tensors.set("model.layers.9.q_proj.lora_A.weight", { shape: [2, 6], values: new Float32Array(12) });
    expect(() => hotSwap(handle, { ...adapter, tensors })).toThrow(AdapterMismatchError);
    expect(logits("slot")).toEqual(values);
    handle.dispose();
  });

  it("swaps a detached adapter without attaching it, and refuses a disposed handle", async () => {
    const [one, other] = [await make(small), await make(large, 8)];
    const handle = attachAdapter(model, one.adapter, { name: "slot" });
    handle.detach();
    hotSwap(handle, other.adapter);
    expect([handle.isAttached, model.site("model.layers.0.self_attn.q_proj").attached]).toEqual([false, []]);
    handle.attach();
    expect(logits("slot")).toEqual(other.values);
    handle.dispose();
    expect(() => hotSwap(handle, one.adapter)).toThrow(expect.objectContaining({ code: "HANDLE_DISPOSED" }));
  });

  it("does not change other adapters, also in a batch that mixes them by row", async () => {
    const [one, other, third] = [await make(small), await make(large, 8), await make(small, 9)];
    const [slot, neighbour] = [
      attachAdapter(model, one.adapter, { name: "slot" }),
      attachAdapter(model, third.adapter, { name: "neighbour" }),
    ];
    hotSwap(slot, other.adapter);
    const mixed = tf.tidy(() => model.forward(ids, inferenceContext(adapterRows(["neighbour", "slot"]))).dataSync());
    const half = mixed.length / 2;
    expect(mixed.slice(0, half)).toEqual(logits("neighbour").slice(0, half));
    expect(mixed.slice(half)).toEqual(logits("slot").slice(half));
    slot.dispose();
    expect(logits("neighbour")).toEqual(third.values);
    neighbour.dispose();
  });
});

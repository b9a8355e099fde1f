import { type Adapter, createLoraConfig } from "@lowrank/adapter-format";
import { HandMadeModel } from "@lowrank/testing";
import "@tensorflow/tfjs-backend-cpu";
import { describe, expect, it } from "vitest";
import { attachAdapter } from "../attach/attach-adapter.ts";
import { injectAdapter } from "../attach/inject-adapter.ts";
import { planInjection } from "../plan/plan-injection.ts";

/** Attaches an adapter whose LoRA matrices on the head were initialized like this. */
function attach(init: "pissa" | "olora" | "default", tiedHead: boolean): void {
  const model = new HandMadeModel({ tiedHead });
  const config = createLoraConfig({ rank: 2, targetModules: ["lm_head"], ...(init === "default" ? {} : { init }) });
  const shape = { a: [2, 6], b: [11, 2] };
  const tensors = new Map([
    ["lm_head.lora_A.weight", { shape: shape.a, values: new Float32Array(12).fill(0.1) }],
    ["lm_head.lora_B.weight", { shape: shape.b, values: new Float32Array(22).fill(0.1) }],
  ]);
  const adapter: Adapter = { config, tensors, metadata: new Map() };
  try {
    attachAdapter(model, adapter).dispose();
  } finally {
    model.dispose();
  }
}

describe("a file whose initialization PEFT subtracted from a head's weight", () => {
  it("is refused if an embedding shares that weight: PEFT changed the embedding, too", () => {
    for (const init of ["pissa", "olora"] as const)
      expect(() => attach(init, true), init).toThrow(
        /lm_head\.lora_A\.weight: with init ".*" PEFT changes the weight, which it shares with "model\.embed_tokens"/,
      );
  });

  it("is attached if the head has its own weight, or if its initialization did not change the weight", () => {
    expect(() => attach("pissa", false)).not.toThrow();
    expect(() => attach("default", true)).not.toThrow();
  });

  it("does not matter for an initialization made here, which does not change the embedding", () => {
    const model = new HandMadeModel({ tiedHead: true });
    const config = createLoraConfig({ rank: 2, targetModules: ["lm_head"], init: "pissa" });
    expect(() => injectAdapter(model, planInjection(model, config), { seed: 0 }).dispose()).not.toThrow();
    model.dispose();
  });
});

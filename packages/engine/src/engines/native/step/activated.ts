// The activations that a plan can hold, in a graph.

import type { StepActivation } from "../../../step/step-plan.ts";
import type { GraphWriter } from "../kernels/graph.ts";

export function activated(g: GraphWriter, x: string, name: StepActivation): string {
  switch (name) {
    case "gelu-erf":
      return g.node("Gelu", [x], { approximate: "none" });
    case "gelu-tanh":
      return g.node("Gelu", [x], { approximate: "tanh" });
    case "silu":
      return g.multiply(x, g.sigmoid(x));
    case "sigmoid":
      return g.sigmoid(x);
    case "tanh":
      return g.node("Tanh", [x]);
    case "relu":
      return g.node("Relu", [x]);
    case "relu-squared": {
      const positive = g.node("Relu", [x]);
      return g.multiply(positive, positive);
    }
  }
}

// ONNX Runtime's library in Node, on the memory of tfjs-backend-cpu's tensors.

import type { BackendFacts } from "../backend-facts.ts";
import { installCpu } from "../cpu/facts.ts";
import type { EngineFacts } from "../engine-facts.ts";
import { installCommand } from "./library/install-command.ts";

export const nativeBackend: BackendFacts = { memory: "process", computesAtOnce: true };

export const nativeFacts: EngineFacts = {
  backend: "native",
  triedIn: ["node"],
  install: installCommand,
  missing: "its two packages are not installed",
  alsoNeeds: { package: "@tensorflow/tfjs-backend-cpu", install: installCpu },
  advantage: "ONNX Runtime's own library is several times as fast:",
};

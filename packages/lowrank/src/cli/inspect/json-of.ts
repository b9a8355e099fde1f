// An inspection as --json prints it.

import type { Inspection } from "../../inspect/inspection.ts";
import { shortened } from "./shortened.ts";

/** One object. */
export function jsonOf(inspection: Inspection): Readonly<Record<string, unknown>> {
  const { kind, path, parameters, bytes, tensors, warnings } = inspection;
  return {
    ...{ kind, path, parameters, ...(kind === "adapter" ? {} : { bytes }) },
    ...ownFacts(inspection),
    tensors: tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    warnings: warnings.map(({ code, message }) => ({ code, message })),
  };
}

function ownFacts(inspection: Inspection): Readonly<Record<string, unknown>> {
  if (inspection.kind === "gguf") {
    const metadata = [...inspection.metadata].map(([key, value]) => [key, shortened(value)] as const);
    return { version: inspection.version, metadata: Object.fromEntries(metadata) };
  }
  const metadata = Object.fromEntries(inspection.metadata);
  if (inspection.kind === "safetensors") return { metadata };
  if (inspection.kind === "model") {
    return { isSupported: inspection.understood !== undefined, config: inspection.config, metadata };
  }
  const { config, modules, format } = inspection;
  const { rankPattern, alphaPattern } = config;
  const patterns = {
    rankPattern: Object.fromEntries(rankPattern),
    alphaPattern: Object.fromEntries(alphaPattern),
  };
  return { format, config: { ...config, ...patterns }, modules, metadata };
}

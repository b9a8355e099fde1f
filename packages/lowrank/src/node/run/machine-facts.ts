// On what a run is computed, for its report.

import { availableParallelism, cpus, release, totalmem } from "node:os";

/** Names and values: program, processor, memory, system. */
export function machineFacts(): readonly (readonly [name: string, value: string])[] {
  const [processor] = cpus();
  return [
    ["Node", process.version],
    ["processor", `${processor?.model ?? "unknown"}, ${availableParallelism()} threads`],
    [
      "memory",
      `${(totalmem() / 1e9).toFixed(1)} GB, ${(process.resourceUsage().maxRSS / 1e6).toFixed(2)} GB taken at most`,
    ],
    ["system", `${process.platform} ${process.arch} ${release()}`],
  ];
}

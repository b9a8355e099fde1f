// lowrank doctor: this machine's engines, their speed, and how to make training faster.

import { defineCommand, option } from "../define-command.ts";
import { computing, type EngineOptions } from "../options/shared-options.ts";

export const addDoctorCommand = defineCommand({
  name: "doctor",
  summary: "show each engine, its speed or why it does not run, versions and memory",
  description:
    "Shows which engine runs and how fast it is, why the other engines do not run, which commands enable them, and versions.",
  options: [
    option("--verify", "only check the files in the cache of the Hugging Face Hub against their hashes"),
    ...computing,
  ],
  examples: ["lowrank doctor"],
  run: async (options: EngineOptions & { readonly verify?: boolean }, report) =>
    options.verify === true
      ? (await import("./run-doctor.ts")).runVerify(report)
      : (await import("./run-doctor.ts")).runDoctor(options, report),
});

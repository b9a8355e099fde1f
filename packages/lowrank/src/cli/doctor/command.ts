// lowrank doctor: what this machine computes with, how fast, and how to make it faster.

import type { Command } from "commander";
import type { CommandIo } from "../io.ts";
import { type EngineOptions, withEngine, withExamples } from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";

/** Adds the command to the program. */
export function addDoctorCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("doctor")
    .summary("show each engine, its speed or why it does not run, versions and memory")
    .description(
      "Shows which engine runs and how fast it is, why each other one does not, the command that would enable it, and the versions in use.",
    )
    .option("--verify", "check every file in the cache of the Hugging Face Hub against its hash, and nothing else");
  withExamples(withEngine(command), "lowrank doctor").action(
    async (options: EngineOptions & { readonly verify?: boolean }) => {
      const report = createReport(io, options);
      if (options.verify === true) {
        const { runVerify } = await import("../doctor/run-verify.ts");
        return runVerify(report);
      }
      const { runDoctor } = await import("../doctor/run-doctor.ts");
      return runDoctor(options, report);
    },
  );
}

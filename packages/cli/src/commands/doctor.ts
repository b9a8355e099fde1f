// lowrank doctor: what this machine computes with, how fast, and how to make it faster.

import type { Command } from "commander";
import type { CommandIo } from "../io.ts";
import { type EngineOptions, withEngine, withExamples } from "../options/shared-options.ts";
import { createReport } from "../terminal/report.ts";

/** Adds the command to the program. */
export function addDoctorCommand(program: Command, io: CommandIo): void {
  const command = program
    .command("doctor")
    .summary("show the engine, its speed, versions and memory")
    .description("Shows which engine runs, why the better ones do not, how fast it is, and the versions in use.");
  withExamples(withEngine(command), "lowrank doctor").action(async (options: EngineOptions) => {
    const { runDoctor } = await import("../doctor/run-doctor.ts");
    await runDoctor(options, createReport(io, options));
  });
}

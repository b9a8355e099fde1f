// --distributed of commands that several processes can run together.

import { Option } from "commander";

/** What it may be; absent: as the launcher says. */
export interface DistributedOptions {
  readonly distributed?: "off" | "mpi";
}

/** The option. */
export function distributedOption(): Option {
  return new Option(
    "--distributed <how>",
    "train with the other processes that mpirun or srun has started: mpi, or off for each by itself (default: with them)",
  ).choices(["off", "mpi"]);
}

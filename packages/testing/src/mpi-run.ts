// Runs programs on several processes, if this machine has MPI.

import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { sourceArguments } from "./node-arguments.ts";

/** Launchers by whose they are. */
export const mpiLaunchers = { "Open MPI": "mpirun.openmpi", MPICH: "mpiexec.mpich" } as const;

/** Whether the launcher is installed; tests that need it report it when they are skipped. */
export function hasMpi(launcher: string = mpiLaunchers["Open MPI"]): boolean {
  return spawnSync(launcher, ["--version"], { env: { ...process.env, ...asRoot } }).status === 0;
}

/** Tests may run as any user, with any number of cores. */
const asRoot = {
  OMPI_ALLOW_RUN_AS_ROOT: "1",
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
  OMPI_MCA_btl: "self,sm",
  // A process that crashes has to end, and not to wait for a debugger.
  UCX_HANDLE_ERRORS: "none",
  PRTE_MCA_rmaps_default_mapping_policy: ":oversubscribe",
  PRTE_MCA_hwloc_default_binding_policy: "none",
};

/** The results of a run of several processes. */
export interface MpiResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to start them. */
export interface MpiRun {
  readonly ranks: number;
  readonly launcher?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Words before the launcher: where to run it. */
  readonly within?: readonly string[];
  /** Called with the launcher's process. */
  readonly onStart?: (launcher: number) => void;
  /** Called with all output so far, to end the launcher at the right time. */
  readonly onOutput?: (stdout: string, launcher: { readonly pid?: number | undefined }) => void;
}

/** Runs Node.js with the arguments on this number of processes. */
export function mpiRun(
  argv: readonly string[],
  { ranks, launcher, environment, within = [], onStart, onOutput }: MpiRun,
): Promise<MpiResult> {
  return new Promise((resolve, reject) => {
    const how = argv[0]?.endsWith(".ts") === true ? sourceArguments : [];
    const words = [launcher ?? mpiLaunchers["Open MPI"], "-np", String(ranks), process.execPath, ...how, ...argv];
    const [command = "", ...rest] = [...within, ...words];
    const child = spawn(command, rest, {
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", ...asRoot, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (child.pid !== undefined) onStart?.(child.pid);
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (text: Buffer) => {
      stdout += text.toString();
      onOutput?.(stdout, child);
    });
    child.stderr.on("data", (text: Buffer) => {
      stderr += text.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** The id of a launcher's process on Linux; undefined if it has not started yet. */
export function mpiProcess(rank: number, launcher: number): number | undefined {
  const children = textOf(`/proc/${launcher}/task/${launcher}/children`).trim().split(" ").map(Number);
  return children.find((pid) => textOf(`/proc/${pid}/environ`).includes(`OMPI_COMM_WORLD_RANK=${rank}\0`));
}

/** Processes come and go. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

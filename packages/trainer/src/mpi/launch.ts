// Reads this process's rank and the number of processes from the environment variables of mpirun, mpiexec and srun.

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The facts that a launcher sets. */
export interface Launch {
  /** Counted from 0. */
  readonly rank: number;
  readonly size: number;
  /** How many of the processes are on this machine, if known. */
  readonly localSize: number | undefined;
  /** The launcher and its MPI, for messages. */
  readonly launcher: "Open MPI's mpirun" | "mpiexec of MPICH or Intel MPI" | "Slurm's srun";
}

interface LauncherVariables {
  readonly launcher: Launch["launcher"];
  readonly rank: string;
  readonly size: string;
  readonly localSize: string;
}

/** In this order, because inside srun an MPI's own variables may be set as well, and are more precise. */
const launchers: readonly LauncherVariables[] = [
  {
    launcher: "Open MPI's mpirun",
    rank: "OMPI_COMM_WORLD_RANK",
    size: "OMPI_COMM_WORLD_SIZE",
    localSize: "OMPI_COMM_WORLD_LOCAL_SIZE",
  },
  // Variables of a step, not of the job: a script of sbatch has SLURM_NTASKS but is a single process. srun's PMI sets PMI_SIZE, too.
  {
    launcher: "Slurm's srun",
    rank: "SLURM_PROCID",
    size: "SLURM_STEP_NUM_TASKS",
    localSize: "SLURM_STEP_TASKS_PER_NODE",
  },
  { launcher: "mpiexec of MPICH or Intel MPI", rank: "PMI_RANK", size: "PMI_SIZE", localSize: "MPI_LOCALNRANKS" },
];

/**
 * The rank of this process among those that were started together; undefined if it was started alone.
 *
 * @example
 * ```ts
 * import { launchOf } from "@lowrank/trainer/mpi";
 *
 * const launch = launchOf({ OMPI_COMM_WORLD_RANK: "1", OMPI_COMM_WORLD_SIZE: "4" });
 * if (launch?.rank !== 1 || launch.size !== 4 || launchOf({}) !== undefined) throw new Error("misread");
 * ```
 */
export function launchOf(environment: Environment): Launch | undefined {
  for (const { launcher, ...names } of launchers) {
    const [rank, size] = [countIn(environment[names.rank]), countIn(environment[names.size])];
    if (rank === undefined || size === undefined || size < 2 || rank >= size) continue;
    return { rank, size, localSize: countIn(environment[names.localSize]), launcher };
  }
  return undefined;
}

/** Parses Slurm's "2(x3)", two on each of three machines, and "2,1", where the first number is the largest. */
function countIn(text: string | undefined): number | undefined {
  const [digits] = /^\d{1,9}(?=$|\(|,)/.exec(text ?? "") ?? [];
  return digits === undefined ? undefined : Number(digits);
}

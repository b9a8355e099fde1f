// As which of how many processes a launcher has started this one: what mpirun, mpiexec and srun put into the environment.

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the launcher says. */
export interface Launch {
  /** Counted from 0. */
  readonly rank: number;
  readonly size: number;
  /** How many of the processes are on this machine, where that is said. */
  readonly localSize: number | undefined;
  /** Whose MPI it belongs to, in words. */
  readonly launcher: "Open MPI's mpirun" | "mpiexec of MPICH or Intel MPI" | "Slurm's srun";
}

interface Words {
  readonly launcher: Launch["launcher"];
  readonly rank: string;
  readonly size: string;
  readonly localSize: string;
}

/** Inside of srun an MPI's own names may be there as well, and say more. */
const launchers: readonly Words[] = [
  {
    launcher: "Open MPI's mpirun",
    rank: "OMPI_COMM_WORLD_RANK",
    size: "OMPI_COMM_WORLD_SIZE",
    localSize: "OMPI_COMM_WORLD_LOCAL_SIZE",
  },
  // Of a step, not of the job: a script of sbatch has SLURM_NTASKS without being one of several. Its PMI sets PMI_SIZE, too.
  {
    launcher: "Slurm's srun",
    rank: "SLURM_PROCID",
    size: "SLURM_STEP_NUM_TASKS",
    localSize: "SLURM_STEP_TASKS_PER_NODE",
  },
  { launcher: "mpiexec of MPICH or Intel MPI", rank: "PMI_RANK", size: "PMI_SIZE", localSize: "MPI_LOCALNRANKS" },
];

/**
 * The place of this process among those that were started with it; undefined where it is alone.
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

/** Slurm writes "2(x3)" for two on each of three machines, and "2,1" where they differ; the first is the largest then. */
function countIn(text: string | undefined): number | undefined {
  const [digits] = /^\d{1,9}(?=$|\(|,)/.exec(text ?? "") ?? [];
  return digits === undefined ? undefined : Number(digits);
}

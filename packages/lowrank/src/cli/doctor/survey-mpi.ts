// By which MPI processes would reach each other here, and how fast, where some were started together.

import {
  type Environment,
  type ExchangeTime,
  findMpi,
  launchOf,
  MpiUnavailableError,
  measureExchange,
  openCommunicator,
} from "@lowrank/trainer/mpi";

/** What is there. */
interface MpiReport {
  /** In its own words. */
  readonly library: string;
  /** Of this process among those that it was started with. */
  readonly rank?: number;
  readonly size?: number;
  readonly times?: readonly ExchangeTime[];
}

const million = 1_000_000;

/** Undefined where there is no MPI and nobody asks for one. Throws what `openCommunicator` does, and `allReduce`. */
export async function surveyMpi(environment: Environment): Promise<MpiReport | undefined> {
  if (launchOf(environment) === undefined) return installedMpi(environment);
  const communicator = await openCommunicator({ environment });
  const { library, rank, size } = communicator;
  const times = await measureExchange(communicator, [1, million], 30);
  await communicator.close();
  return { library, rank, size, times };
}

/** In words. */
export function describeMpi({ library, size, times }: MpiReport): string {
  if (times === undefined) return `${library}; mpirun -np 2 lowrank doctor times it`;
  const [one, many] = times.map(({ milliseconds }) => `${milliseconds.toPrecision(2)} ms`);
  return `${size} on ${library}, a number summed in ${one}, a million in ${many}`;
}

async function installedMpi(environment: Environment): Promise<MpiReport | undefined> {
  try {
    return { library: await findMpi(environment) };
  } catch (error) {
    if (error instanceof MpiUnavailableError) return undefined;
    throw error;
  }
}

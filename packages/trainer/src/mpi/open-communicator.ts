// Joins the processes that a launcher has started, with the launcher's MPI library.

import type { Communicator } from "./communicator.ts";
import { communicationSizeError, communicationTimeoutError, mpiMismatchError } from "./errors.ts";
import { type Environment, launchOf } from "./launch.ts";
import { loadLibrary } from "./library/load-library.ts";
import { MpiLibrary } from "./library/mpi-library.ts";

/** How to join. */
interface CommunicatorOptions {
  /** Default: the process's environment. LOWRANK_MPI_LIBRARY names the library, LOWRANK_MPI_TIMEOUT the timeout in seconds. */
  readonly environment?: Environment;
  /** How long a call waits for the other processes before it fails; default half an hour. */
  readonly timeoutSeconds?: number;
}

const defaultTimeout = 1800;
/** Maximum numbers in one MPI call: MPI counts in 32 bits, and the timeout applies to each call. */
const maxNumbers = 2 ** 24;
/** Maximum size of a broadcast. */
const maxBytes = 2 ** 32;

/**
 * Joins the other processes; without a launcher the size is 1. Can be called once in a process, because MPI starts only once.
 *
 * Throws MPI_UNAVAILABLE without MPI, and MPI_MISMATCH if launcher and library belong to different MPIs.
 *
 * @example
 * ```ts
 * import { openCommunicator } from "@lowrank/trainer/mpi";
 *
 * // mpirun -np 4 node this-program.js prints 10 four times.
 * async function main(): Promise<void> {
 *   const communicator = await openCommunicator();
 *   const values = Float32Array.of(communicator.rank + 1);
 *   await communicator.allReduce(values);
 *   console.log(values[0]);
 *   await communicator.close();
 * }
 * ```
 */
export async function openCommunicator(options: CommunicatorOptions = {}): Promise<Communicator> {
  const { environment = process.env } = options;
  const launch = launchOf(environment);
  const { library, file } = await loadLibrary(environment, launch);
  const mpi = new MpiLibrary(library);
  const world = await mpi.start();
  const version = named(mpi, file);
  if (launch !== undefined && launch.size !== world.size)
    throw mpiMismatchError(launch.launcher, launch.size, version, world.size);
  const seconds = options.timeoutSeconds ?? Number(environment.LOWRANK_MPI_TIMEOUT);
  const timeoutSeconds = seconds > 0 ? seconds : defaultTimeout;
  return new MpiCommunicator(mpi, { ...world, library: version, timeoutSeconds });
}

/** The version text of this machine's MPI library, without joining. Throws MPI_UNAVAILABLE. */
export async function findMpi(environment: Environment = process.env): Promise<string> {
  const { library, file } = await loadLibrary(environment, launchOf(environment));
  return named(new MpiLibrary(library), file);
}

/** "Open MPI v5.0.7 (libmpi.so.40)" */
function named(mpi: MpiLibrary, file: string): string {
  return `${mpi.version().split(/[\n,]/)[0]} (${file})`;
}

interface World {
  readonly rank: number;
  readonly size: number;
  readonly library: string;
  readonly timeoutSeconds: number;
}

class MpiCommunicator implements Communicator {
  readonly rank: number;
  readonly size: number;
  readonly library: string;
  readonly #mpi: MpiLibrary;
  readonly #timeoutSeconds: number;
  /** Calls run one at a time, because MPI matches the calls of all processes by their order. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(mpi: MpiLibrary, { rank, size, library, timeoutSeconds }: World) {
    this.#mpi = mpi;
    this.#timeoutSeconds = timeoutSeconds;
    this.rank = rank;
    this.size = size;
    this.library = library;
  }

  allReduce(values: Float32Array): Promise<void> {
    return this.#next("allReduce", async () => {
      await this.#agreeOn("allReduce", values.length);
      for (let start = 0; start < values.length; start += maxNumbers)
        await this.#mpi.sum(values.subarray(start, start + maxNumbers));
    });
  }

  broadcast(bytes: Uint8Array | undefined, root = 0): Promise<Uint8Array> {
    return this.#next("broadcast", async () => {
      if (!Number.isInteger(root) || root < 0 || root >= this.size)
        throw communicationSizeError("broadcast", root, `a root from 0 to ${this.size - 1}`);
      const outgoing = this.rank === root ? (bytes ?? new Uint8Array()) : undefined;
      const length = Float64Array.of(outgoing?.length ?? 0);
      await this.#mpi.broadcast(new Uint8Array(length.buffer), root);
      const [count = 0] = length;
      if (!Number.isInteger(count) || count < 0 || count > maxBytes)
        throw communicationSizeError("broadcast", count, `${maxBytes} bytes at most`);
      const buffer = outgoing ?? new Uint8Array(count);
      for (let start = 0; start < count; start += maxNumbers)
        await this.#mpi.broadcast(buffer.subarray(start, start + maxNumbers), root);
      return buffer;
    });
  }

  barrier(): Promise<void> {
    return this.#next("barrier", () => this.#mpi.barrier());
  }

  abort(code: number): void {
    this.#mpi.abort(code);
  }

  close(): Promise<void> {
    return this.#next("close", async () => {
      await this.#mpi.barrier();
      await this.#mpi.finish();
    });
  }

  /** Checks that lengths agree, because MPI would read past the end of the shorter array. */
  async #agreeOn(call: string, length: number): Promise<void> {
    const sums = Float64Array.of(length, length * length);
    await this.#mpi.sum(sums);
    const [sum = 0, squares = 0] = sums;
    if (sum === length * this.size && squares === length * length * this.size) return;
    throw communicationSizeError(call, length, "as many numbers as the other processes give");
  }

  /** Runs an action after the previous call. Fails if the others do not make the same call in time. */
  #next<Result>(call: string, action: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(() => this.#inTime(call, action()));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #inTime<Result>(call: string, result: Promise<Result>): Promise<Result> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const seconds = this.#timeoutSeconds;
      timer = setTimeout(() => reject(communicationTimeoutError(call, seconds)), seconds * 1000);
    });
    try {
      return await Promise.race([result, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

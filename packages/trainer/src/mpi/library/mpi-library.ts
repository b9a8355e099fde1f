// The MPI functions that are used here. Each one checks its arguments for C, and throws an error for a failed status.

import { mpiCallError } from "../errors.ts";
import { type Handles, handlesOf } from "./handles.ts";
import type { KoffiLibrary, Native } from "./koffi.ts";

/** Longer than any library's texts (Open MPI: 256, MPICH: 8192). */
const textBytes = 16_384;

export class MpiLibrary {
  readonly #handles: Handles;
  readonly #library: KoffiLibrary;
  readonly #reduce: Native;
  readonly #broadcast: Native;
  readonly #barrier: Native;

  constructor(library: KoffiLibrary) {
    this.#library = library;
    this.#handles = handlesOf(library);
    const { type } = this.#handles;
    const bind = (name: string, parameters: readonly string[]) => library.func(name, "int", parameters);
    this.#reduce = bind("MPI_Allreduce", ["void *", "void *", "int", type, type, type]);
    this.#broadcast = bind("MPI_Bcast", ["void *", "int", type, "int", type]);
    this.#barrier = bind("MPI_Barrier", [type]);
  }

  /** The version text of the library; may be called before `start`. */
  version(): string {
    return this.#text("MPI_Get_library_version", [], []);
  }

  /** Joins the other processes. It waits on another thread, because processes may start late. From now on MPI returns errors instead of aborting. */
  async start(): Promise<{ readonly rank: number; readonly size: number }> {
    const { type, world, errorsReturn, threadMultiple } = this.#handles;
    const init = this.#library.func("MPI_Init_thread", "int", ["void *", "void *", "int", "void *"]);
    await this.#later("MPI_Init_thread", init, [null, null, threadMultiple, new Int32Array(1)]);
    this.#call("MPI_Comm_set_errhandler", [type, type], [world, errorsReturn]);
    return { rank: this.#worldNumber("MPI_Comm_rank"), size: this.#worldNumber("MPI_Comm_size") };
  }

  finish(): Promise<void> {
    return this.#later("MPI_Finalize", this.#library.func("MPI_Finalize", "int", []), []);
  }

  abort(code: number): void {
    const { type, world } = this.#handles;
    this.#library.func("MPI_Abort", "int", [type, "int"])(world, code);
  }

  sum(values: Float32Array | Float64Array): Promise<void> {
    const { world, inPlace, sum, ...types } = this.#handles;
    const type = values instanceof Float32Array ? types.float : types.double;
    return this.#later("MPI_Allreduce", this.#reduce, [inPlace, values, values.length, type, sum, world]);
  }

  /** Replaces the bytes by those of the process `root`. */
  broadcast(bytes: Uint8Array, root: number): Promise<void> {
    const { world, byte } = this.#handles;
    return this.#later("MPI_Bcast", this.#broadcast, [bytes, bytes.length, byte, root, world]);
  }

  barrier(): Promise<void> {
    return this.#later("MPI_Barrier", this.#barrier, [this.#handles.world]);
  }

  #worldNumber(name: string): number {
    const { type, world } = this.#handles;
    const out = [0];
    this.#call(name, [type, "_Out_ int *"], [world, out]);
    return out[0] ?? 0;
  }

  #call(name: string, parameters: readonly string[], values: readonly unknown[]): void {
    this.#check(name, this.#library.func(name, "int", parameters)(...values));
  }

  /** Calls on a thread of koffi, so that timers and signals continue here. The arrays are kept alive until the call returns. */
  #later(name: string, call: Native, values: readonly unknown[]): Promise<void> {
    return new Promise((resolve, reject) => {
      call.async(...values, (error: unknown, status: unknown) => {
        try {
          if (error !== null && error !== undefined) throw error;
          this.#check(name, status);
          resolve();
        } catch (failure) {
          reject(failure);
        }
        void values;
      });
    });
  }

  #check(name: string, status: unknown): void {
    if (status === 0) return;
    const code = Number(status);
    throw mpiCallError(name, code, this.#text("MPI_Error_string", ["int"], [code]));
  }

  #text(name: string, parameters: readonly string[], values: readonly unknown[]): string {
    const text = new Uint8Array(textBytes);
    const length = [0];
    this.#library.func(name, "int", [...parameters, "void *", "_Out_ int *"])(...values, text, length);
    return new TextDecoder()
      .decode(text.subarray(0, length[0]))
      .replace(/\0.*$/s, "")
      .replace(/[ \t]+/g, " ")
      .trim();
  }
}

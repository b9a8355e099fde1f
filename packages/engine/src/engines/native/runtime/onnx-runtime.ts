// ONNX Runtime's C interface, called through koffi: the only file that lends memory to native code. Every size is checked
// before a call, because a wrong one would not raise an error but end the process. Tensors are lent, never copied.

import { nativeCallError } from "../../../errors.ts";
import type { LibraryFile } from "../library/library-file.ts";
import type { Address, Koffi, KoffiLibrary, Native } from "./koffi.ts";
import { checkTensor, elementTypeOf, HeldTensor, maxAxes, type NativeTensor } from "./native-tensor.ts";
import { encodeModel, type OnnxConstant, type OnnxGraph } from "./onnx-model.ts";
import { openInterface } from "./open-interface.ts";
import { Packing } from "./packing.ts";

/** How the library computes. */
export interface RuntimeOptions {
  /** Threads of its one pool, the calling thread included. */
  readonly threads: number;
}

/** Settings of one session. */
export interface SessionOptions {
  /** Allocates intermediates outside the shared arena: for graphs that run once for each weight, or have no intermediates. */
  readonly skipsArena?: boolean;
  /** Constants whose packed form is shared with other sessions. Their values are not read after the session is created. */
  readonly shared?: { readonly packing: Packing; readonly constants: readonly OnnxConstant[] } | undefined;
}

const P = "void *";
/** Indices of the functions that we use in the table OrtApi (onnxruntime_c_api.h): name → [index, result, parameters]. */
const functions = {
  GetErrorMessage: [2, "str", [P]],
  DisableTelemetryEvents: [6, P, [P]],
  CreateSessionOptions: [10, P, [P]],
  CreateSessionFromArray: [8, P, [P, P, "size_t", P, P]],
  Run: [9, P, [P, P, P, P, "size_t", P, "size_t", P]],
  DisableMemPattern: [17, P, [P]],
  DisableCpuMemArena: [19, P, [P]],
  SetSessionGraphOptimizationLevel: [23, P, [P, "int"]],
  CreateTensorWithDataAsOrtValue: [49, P, [P, P, "size_t", P, "size_t", "int", P]],
  CreateCpuMemoryInfo: [69, P, ["int", "int", P]],
  ReleaseStatus: [93, "void", [P]],
  ReleaseSession: [95, "void", [P]],
  ReleaseValue: [96, "void", [P]],
  ReleaseSessionOptions: [100, "void", [P]],
  CreateEnvWithGlobalThreadPools: [119, P, ["int", "str", P, P]],
  DisablePerSessionThreads: [120, P, [P]],
  CreateThreadingOptions: [121, P, [P]],
  ReleaseThreadingOptions: [122, "void", [P]],
  AddSessionConfigEntry: [130, P, [P, "str", "str"]],
  CreateAndRegisterAllocator: [144, P, [P, P, P]],
  SetGlobalIntraOpNumThreads: [147, P, [P, "int"]],
  SetGlobalInterOpNumThreads: [148, P, [P, "int"]],
  SetGlobalSpinControl: [149, P, [P, "int"]],
  AddInitializer: [150, P, [P, P, P]],
  CreatePrepackedWeightsContainer: [166, P, [P]],
  ReleasePrepackedWeightsContainer: [167, "void", [P]],
  CreateSessionFromArrayWithPrepackedWeightsContainer: [169, P, [P, P, "size_t", P, P, P]],
} as const;

type FunctionName = keyof typeof functions;

const slots = Object.values(functions).map(([slot]) => slot);
const allOptimizations = 99;
/** Errors come back as a status, which is thrown: a library does not print. */
const severityFatal = 4;
const maxTensors = 1024;

/** A loaded graph, ready to run. */
export interface NativeSession {
  readonly handle: Address;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly inputNames: BigUint64Array;
  readonly outputNames: BigUint64Array;
  readonly packing?: Packing | undefined;
  /** Referenced by native memory: it must live as long as the session. */
  readonly pinned: readonly unknown[];
}

/** The library with one thread pool and one arena for all of its sessions. */
export class OnnxRuntime {
  readonly version: string;
  readonly threads: number;
  /** Number of session runs, for measurements. */
  runs = 0;
  readonly #call: Readonly<Record<FunctionName, Native>>;
  readonly #koffi: Koffi;
  /** Kept because koffi unloads a library without references, and our functions are bare addresses inside it. */
  readonly library: KoffiLibrary;
  readonly #environment: Address;
  readonly #memory: Address;
  readonly #result = new BigUint64Array(1);
  readonly #values = new BigUint64Array(2 * maxTensors);
  readonly #outputValues = this.#values.subarray(maxTensors);
  readonly #shape = new BigInt64Array(maxAxes);

  /** Loads the library. Throws UnusableLibraryError if it is not ONNX Runtime, or one older than 1.17. */
  constructor(koffi: Koffi, file: LibraryFile, { threads }: RuntimeOptions) {
    this.#koffi = koffi;
    this.threads = threads;
    const { library, version, table } = openInterface(koffi, file, slots);
    this.library = library;
    this.version = version;
    this.#call = bindFunctions(koffi, table);
    const options = this.#make((result) => this.#call.CreateThreadingOptions(result));
    this.#check(this.#call.SetGlobalIntraOpNumThreads(options, threads));
    this.#check(this.#call.SetGlobalInterOpNumThreads(options, 1));
    this.#check(this.#call.SetGlobalSpinControl(options, 1));
    this.#environment = this.#make((result) =>
      this.#call.CreateEnvWithGlobalThreadPools(severityFatal, "lowrank", options, result),
    );
    this.#call.ReleaseThreadingOptions(options);
    this.#check(this.#call.DisableTelemetryEvents(this.#environment));
    this.#memory = this.#make((result) => this.#call.CreateCpuMemoryInfo(1, 0, result));
    this.#shareArena();
  }

  /** Prepares a graph. The caller releases the session. */
  createSession(graph: OnnxGraph, { skipsArena = false, shared }: SessionOptions = {}): NativeSession {
    const { outputs } = graph;
    const inputs = graph.inputs.map(({ name }) => name);
    if (inputs.length > maxTensors || outputs.length > maxTensors)
      throw nativeCallError("A graph", `it has more than ${maxTensors} inputs or outputs`);
    const pinned: unknown[] = [];
    const packing = shared?.packing;
    const options = this.#make((result) => this.#call.CreateSessionOptions(result));
    packing?.retain();
    try {
      this.#check(this.#call.DisablePerSessionThreads(options));
      // Intermediates are cache-sized pieces of any size, so there is no pattern. With an arena, they need no system allocation.
      this.#check(this.#call.DisableMemPattern(options));
      if (skipsArena) this.#check(this.#call.DisableCpuMemArena(options));
      else this.#check(this.#call.AddSessionConfigEntry(options, "session.use_env_allocators", "1"));
      this.#check(this.#call.SetSessionGraphOptimizationLevel(options, allOptimizations));
      const handle = this.#createSession(encodeModel(graph), options, shared);
      const inputNames = this.#names(inputs, pinned);
      return { handle, inputs, outputs, inputNames, outputNames: this.#names(outputs, pinned), packing, pinned };
    } catch (error) {
      packing?.release();
      throw error;
    } finally {
      this.#call.ReleaseSessionOptions(options);
    }
  }

  releaseSession(session: NativeSession): void {
    this.#call.ReleaseSession(session.handle);
    session.packing?.release();
  }

  /** An empty container of packed weights, for several sessions. It is freed with the last of them. */
  makePacking(): Packing {
    const address = this.#make((result) => this.#call.CreatePrepackedWeightsContainer(result));
    return new Packing(address, this.#call.ReleasePrepackedWeightsContainer);
  }

  /** Runs a session, writing into the values of `outputs`. An output may be the same array as an input of its shape. */
  run(session: NativeSession, inputs: readonly NativeTensor[], outputs: readonly NativeTensor[]): void {
    if (inputs.length !== session.inputs.length || outputs.length !== session.outputs.length)
      throw nativeCallError(
        "A graph",
        `it needs ${session.inputs.length} inputs and ${session.outputs.length} outputs, got ${inputs.length} and ${outputs.length}`,
      );
    for (const tensor of inputs) checkTensor(tensor);
    for (const tensor of outputs) checkTensor(tensor);
    this.runs++;
    const borrowed: Address[] = [];
    const addressOf = (tensor: NativeTensor): Address => {
      if (tensor instanceof HeldTensor) return tensor.address;
      const address = this.#lend(tensor);
      borrowed.push(address);
      return address;
    };
    try {
      for (let index = 0; index < inputs.length; index++) this.#values[index] = addressOf(inputs[index]!);
      for (let index = 0; index < outputs.length; index++) this.#outputValues[index] = addressOf(outputs[index]!);
      this.#check(
        this.#call.Run(
          session.handle,
          null,
          session.inputNames,
          this.#values,
          inputs.length,
          session.outputNames,
          outputs.length,
          this.#outputValues,
        ),
      );
    } finally {
      for (const address of borrowed) this.#call.ReleaseValue(address);
    }
  }

  /** Wraps a tensor's memory for any number of runs, until the caller releases it. Its values may change between runs. */
  hold(tensor: NativeTensor): HeldTensor {
    checkTensor(tensor);
    // Reading the buffer of a small array moves the array off V8's heap; after that it never moves again.
    void tensor.values.buffer;
    return new HeldTensor(tensor, this.#lend(tensor), this.#call.ReleaseValue);
  }

  #createSession(model: Uint8Array, options: Address, shared: SessionOptions["shared"]): Address {
    const { CreateSessionFromArray, CreateSessionFromArrayWithPrepackedWeightsContainer } = this.#call;
    if (shared === undefined)
      return this.#make((result) => CreateSessionFromArray(this.#environment, model, model.length, options, result));
    const { packing, constants } = shared;
    const borrowed: Address[] = [];
    const pinned: unknown[] = [];
    try {
      const names = this.#names(
        constants.map(({ name }) => name),
        pinned,
      );
      for (const [index, constant] of constants.entries()) {
        const value = this.#lend(constant);
        borrowed.push(value);
        this.#check(this.#call.AddInitializer(options, names[index], value));
      }
      return this.#make((result) =>
        CreateSessionFromArrayWithPrepackedWeightsContainer(
          this.#environment,
          model,
          model.length,
          options,
          packing.address,
          result,
        ),
      );
    } finally {
      for (const value of borrowed) this.#call.ReleaseValue(value);
    }
  }

  /** An OrtValue over the array's own memory. */
  #lend({ values, shape, type }: NativeTensor): Address {
    for (let axis = 0; axis < shape.length; axis++) this.#shape[axis] = BigInt(shape[axis] ?? 0);
    this.#check(
      this.#call.CreateTensorWithDataAsOrtValue(
        this.#memory,
        values,
        values.byteLength,
        this.#shape,
        shape.length,
        elementTypeOf(values, type),
        this.#result,
      ),
    );
    return this.#result[0] ?? 0n;
  }

  /**
   * One arena for all sessions. With one for each session, every graph would keep the largest memory that its intermediates ever took.
   * The environment belongs to the process: if other code, such as another thread, has already set an arena, that one is used.
   */
  #shareArena(): void {
    const refusal = this.#call.CreateAndRegisterAllocator(this.#environment, this.#memory, null);
    if (refusal) this.#call.ReleaseStatus(refusal);
  }

  #names(names: readonly string[], pinned: unknown[]): BigUint64Array {
    const addresses = new BigUint64Array(Math.max(1, names.length));
    names.forEach((name, index) => {
      const bytes = new TextEncoder().encode(name);
      const text = new Uint8Array(Math.max(128, bytes.length + 1)); // outside V8's heap, so that it does not move
      text.set(bytes);
      pinned.push(text);
      addresses[index] = this.#koffi.address(text);
    });
    return addresses;
  }

  #make(create: (result: BigUint64Array) => unknown): Address {
    this.#check(create(this.#result));
    return this.#result[0] ?? 0n;
  }

  /** A status of 0 is success; anything else is an error object of the library. */
  #check(status: unknown): void {
    if (!status) return;
    const message = String(this.#call.GetErrorMessage(status));
    this.#call.ReleaseStatus(status);
    throw nativeCallError("ONNX Runtime", message);
  }
}

function bindFunctions(koffi: Koffi, table: BigUint64Array): Readonly<Record<FunctionName, Native>> {
  const bound = Object.entries(functions).map(([name, [slot, result, parameters]]) => [
    name,
    koffi.decode(table[slot] ?? 0n, koffi.proto(result, parameters)),
  ]);
  return Object.fromEntries(bound) as Readonly<Record<FunctionName, Native>>;
}

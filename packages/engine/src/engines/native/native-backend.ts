// The TensorFlow.js backend "native". Tensors are typed arrays, as in tfjs-backend-cpu, whose kernels it inherits. The
// kernels that take most of a training step are replaced by calls into ONNX Runtime, on the same arrays.

import { LowrankError } from "@lowrank/contracts";
import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";

import type { StepPlan } from "../../step/step-plan.ts";
import { BufferPool } from "./buffer-pool.ts";
import { NativeInt8Weights } from "./int8/native-int8-weights.ts";
import { NativeBlocks } from "./native-blocks.ts";
import type { NativeTensor } from "./runtime/native-tensor.ts";
import type { OnnxGraph } from "./runtime/onnx-model.ts";
import type { NativeSession, OnnxRuntime } from "./runtime/onnx-runtime.ts";
import { NativeSteps } from "./step/native-steps.ts";
import { StepSessions } from "./step/step-sessions.ts";

/** The name by which TensorFlow.js knows the backend. */
export const nativeBackendName = "native";

export class NativeBackend extends MathBackendCPU {
  readonly pool = new BufferPool();
  readonly int8Weights: NativeInt8Weights;
  readonly blocks: NativeBlocks;
  readonly #sessions = new Map<string, NativeSession>();
  /** The sessions with matrices. */
  #steps: readonly StepSessions[] = [];

  constructor(readonly runtime: OnnxRuntime) {
    super();
    this.int8Weights = new NativeInt8Weights(runtime);
    this.blocks = new NativeBlocks(runtime);
    // tfjs-backend-cpu advises on the console, when first used, to install tfjs-node.
    Reflect.set(this, "firstUse", false);
  }

  /** The graph's session: made once for each key, for tensors of every size. */
  session(key: string, build: () => OnnxGraph): NativeSession {
    const existing = this.#sessions.get(key);
    if (existing !== undefined) return existing;
    const session = this.runtime.createSession(build());
    this.#sessions.set(key, session);
    return session;
  }

  run(session: NativeSession, inputs: readonly NativeTensor[], outputs: readonly NativeTensor[]): void {
    this.runtime.run(session, inputs, outputs);
  }

  /** The live values of a float32 tensor. */
  floats(tensor: tf.TensorInfo): Float32Array {
    const { values } = this.data.get(tensor.dataId);
    if (values instanceof Float32Array && values.length === tf.util.sizeFromShape(tensor.shape)) return values;
    if (values instanceof Float32Array)
      throw new Error(`A tensor [${tensor.shape.join(", ")}] has ${values.length} values: was its array transferred?`);
    if (values !== undefined && tensor.dtype === "float32") return Float32Array.from(values as ArrayLike<number>);
    throw new Error(`The native engine expected float32 values, got ${tensor.dtype}.`);
  }

  /** The live values of a tensor of whole numbers. */
  integers(tensor: tf.TensorInfo): ArrayLike<number> {
    return this.data.get(tensor.dataId).values as ArrayLike<number>;
  }

  /** A new float32 tensor over an array taken from the pool. */
  output(shape: readonly number[], values: Float32Array): tf.TensorInfo {
    return this.makeTensorInfoOf(shape, values);
  }

  /**
   * The tensor's own memory as a result of `size` entries, if it is the last to see it: its array came from the pool whole, was
   * never handed out, and no other tensor shares it. The caller must be about to dispose of the tensor.
   */
  reuse(tensor: tf.TensorInfo, size: number): tf.TensorInfo | undefined {
    const { values, refCount } = this.data.get(tensor.dataId);
    if (refCount !== 1 || values?.length !== size || !this.pool.holds(values)) return undefined;
    this.incRef(tensor.dataId);
    this.int8Weights.recentRows.forget(tensor.dataId);
    return { dataId: tensor.dataId, shape: tensor.shape, dtype: "float32" };
  }

  /** Runs plans for rows of text with padding before them; undefined if the library or a weight does not allow it. */
  makeSteps(plans: readonly StepPlan[], width: number, padding: readonly number[]): NativeSteps | undefined {
    const rows = padding.length;
    try {
      const reusable = this.#steps.find((sessions) => sessions.stagesFor(plans, rows) !== undefined);
      const sessions = reusable ?? StepSessions.of(this, plans, { width, rows });
      const stages = sessions?.stagesFor(plans, rows);
      if (sessions === undefined || stages === undefined) return undefined;
      const others = this.#steps.filter((other) => other.isAlive && other !== sessions);
      // The others cost next to nothing to make again.
      this.#steps = sessions.holdsMatrices ? [...others, sessions] : others;
      return new NativeSteps(this, { sessions, stages, padding });
    } catch (error) {
      if (LowrankError.isInstance(error, "NATIVE_CALL_FAILED")) return undefined;
      throw error;
    }
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    this.pool.escape(values); // a kernel of tfjs-backend-cpu may have made a view of another tensor's values
    return super.write(values, shape, dtype);
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const values = super.readSync(dataId);
    this.pool.escape(values);
    return values;
  }

  override disposeData(dataId: object, force = false): boolean {
    const values = this.data.has(dataId) ? this.data.get(dataId).values : undefined;
    const isFreed = super.disposeData(dataId, force);
    if (isFreed && !this.data.has(dataId)) this.pool.give(values);
    return isFreed;
  }

  override dispose(): void {
    for (const session of this.#sessions.values()) this.runtime.releaseSession(session);
    this.#sessions.clear();
    for (const sessions of this.#steps) sessions.dispose();
    this.#steps = [];
    this.int8Weights.dispose();
    this.blocks.clear();
    this.pool.clear();
    super.dispose();
  }

  private makeTensorInfoOf(shape: readonly number[], values: Float32Array): tf.TensorInfo {
    const dataId = {};
    this.data.set(dataId, { values, dtype: "float32", refCount: 1 });
    return { dataId, shape: [...shape], dtype: "float32" };
  }
}

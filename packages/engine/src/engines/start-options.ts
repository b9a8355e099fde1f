// The options and the result of starting an engine.

/** The options of an engine's starter. */
export interface StartOptions {
  /** True if the user named this engine: it then starts even if another would be faster. */
  readonly isPreferred: boolean;
  /** How many threads compute; undefined leaves it to the engine. */
  readonly threads?: number;
  /** Folder (with a final slash) of the .wasm files; needed in a page whose bundle does not have them. */
  readonly wasmPath?: string;
  /** Folder of an npm project with tfjs-node; default: the usual resolution of imports. */
  readonly tfjsNodeFolder?: string;
  /** ONNX Runtime's library file, as LOWRANK_ONNX_RUNTIME names it. Default: the library from npm. */
  readonly onnxRuntimeFile?: string;
}

/** A backend that is registered and can be switched to. */
export interface StartOutcome {
  /** The name tf.setBackend knows it by. */
  readonly backend: string;
  /** Something a user should know: slower than hoped, or another version than tested. */
  readonly note?: string;
}

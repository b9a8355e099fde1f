// The constants of one graph, each with a unique name.

import type { OnnxConstant } from "../runtime/onnx-model.ts";

export class GraphConstants {
  readonly #constants: OnnxConstant[] = [];

  get all(): readonly OnnxConstant[] {
    return this.#constants;
  }

  get bytes(): number {
    return this.#constants.reduce((bytes, { values }) => bytes + values.byteLength, 0);
  }

  /** An unused prefix for names. */
  get newPrefix(): string {
    return String(this.#constants.length);
  }

  add(...constants: readonly OnnxConstant[]): void {
    this.#constants.push(...constants);
  }

  /** Adds the constant unless one has its name. Returns the name. */
  addOnce(constant: OnnxConstant): string {
    if (!this.#constants.some(({ name }) => name === constant.name)) this.add(constant);
    return constant.name;
  }
}

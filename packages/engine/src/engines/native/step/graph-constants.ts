// The constants of one graph, each by a name of its own.

import type { OnnxConstant } from "../runtime/onnx-model.ts";

export class GraphConstants {
  readonly #constants: OnnxConstant[] = [];

  get all(): readonly OnnxConstant[] {
    return this.#constants;
  }

  get bytes(): number {
    return this.#constants.reduce((bytes, { values }) => bytes + values.byteLength, 0);
  }

  /** A beginning that no other constant's name has. */
  get nextName(): string {
    return String(this.#constants.length);
  }

  add(...constants: readonly OnnxConstant[]): void {
    this.#constants.push(...constants);
  }

  /** Once for all who name it so. Returns its name. */
  once(constant: OnnxConstant): string {
    if (!this.#constants.some(({ name }) => name === constant.name)) this.add(constant);
    return constant.name;
  }
}

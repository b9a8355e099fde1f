// Who answers: the base, one of the adapters in part or in full, or several together.

import { UsageError } from "../../errors/usage-errors.ts";
import type { OpenedAdapter } from "../../opened-adapter.ts";
import type { OpenedModel, SelectedAdapter } from "../../opened-model.ts";
import type { NamedAdapter } from "../options/named-adapters.ts";
import type { Part } from "./chat-line.ts";

export class ChatAdapters {
  readonly #alone = new Map<string, OpenedAdapter>();
  /** Sums that have answered already, by their parts. */
  readonly #together = new Map<string, OpenedAdapter>();

  private constructor(
    private readonly model: OpenedModel,
    private readonly named: readonly NamedAdapter[],
    private readonly allowDifferentBase: boolean,
  ) {}

  static async attach(
    model: OpenedModel,
    named: readonly NamedAdapter[],
    allowDifferentBase: boolean,
  ): Promise<ChatAdapters> {
    const voices = new ChatAdapters(model, named, allowDifferentBase);
    for (const { name, adapter } of named)
      voices.#alone.set(name, await model.attach(adapter, { name, allowDifferentBase }));
    return voices;
  }

  /** The names that can be chosen. "none" is the base. */
  get names(): readonly string[] {
    return [...this.#alone.keys(), "none"];
  }

  /** The adapters that answer first: the first one, or all if one of them has a weight. */
  get first(): readonly Part[] {
    const parts = this.named.map(({ name, weight }) => ({ name, strength: weight }));
    return parts.some(({ strength }) => strength !== 1) ? parts : parts.slice(0, 1);
  }

  /** Throws UsageError for an unknown name, and the errors of `attach` for adapters that cannot be summed. */
  async choose(parts: readonly Part[]): Promise<SelectedAdapter> {
    const [first, ...others] = parts;
    if (first === undefined) return { adapter: null };
    const unknown = parts.find(({ name }) => !this.names.includes(name) || (others.length > 0 && name === "none"));
    if (unknown !== undefined)
      throw new UsageError(`There is no adapter "${unknown.name}". There are ${this.names.join(", ")}.`);
    if (others.length === 0) return { adapter: this.#alone.get(first.name) ?? null, strength: first.strength };
    const label = describeParts(parts);
    const sum = this.#together.get(label) ?? (await this.#sumOf(parts));
    this.#together.set(label, sum);
    return { adapter: sum };
  }

  #sumOf(parts: readonly Part[]): Promise<OpenedAdapter> {
    const inputs = parts.map(({ name, strength: weight }) => ({
      adapter: this.named.find((each) => each.name === name)?.adapter ?? name,
      weight,
    }));
    return this.model.attach(inputs, { allowDifferentBase: this.allowDifferentBase });
  }
}

/** "pirate 0.7 formal": as `/adapter` takes it. */
export function describeParts(parts: readonly Part[]): string {
  return parts.map(({ name, strength }) => (strength === 1 ? name : `${name} ${strength}`)).join(" ");
}

// Downloads: the zip in progress, its progress, and its failure.

import { batch, signal } from "@preact/signals";
import type { TakeHomeFile, TakeHomeProgress, TakeHomeRequest } from "../protocol/calls.ts";
import { type Ask, type Failure, failureOf } from "../worker-client.ts";

export type TakeHomeForm = TakeHomeRequest["form"];

export class TakeHomeState {
  readonly making = signal<TakeHomeForm | undefined>(undefined);
  readonly progress = signal<TakeHomeProgress | undefined>(undefined);
  /** The last download. */
  readonly made = signal<string | undefined>(undefined);
  readonly failure = signal<(Failure & { readonly form: TakeHomeForm }) | undefined>(undefined);

  constructor(private readonly ask: Ask) {}

  /** The zip; undefined if it could not be made. */
  async make(id: string, form: TakeHomeForm): Promise<TakeHomeFile | undefined> {
    batch(() => {
      this.making.value = form;
      this.progress.value = undefined;
      this.made.value = undefined;
      this.failure.value = undefined;
    });
    try {
      const file = await this.ask("takeHome", { id, form }, (progress) => {
        this.progress.value = progress;
      });
      this.made.value = file.name;
      return file;
    } catch (error) {
      this.failure.value = { form, ...failureOf(error) };
      return undefined;
    } finally {
      this.making.value = undefined;
    }
  }
}

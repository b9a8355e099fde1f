// A link to the rows and settings as they are, and what came by one.

import { signal } from "@preact/signals";
import { type CardLabels, drawCard } from "../share/draw-card.ts";
import type { CardContent } from "../share/layout-card.ts";
import { isShareLink, readShareLink, writeShareLink } from "../share/share-link.ts";
import { ShareLinkError, type ShareProblem } from "../share/share-link-error.ts";
import type { Shared } from "../share/shared.ts";

/** What sharing needs of the rest of the page. */
export interface SharedPage {
  /** Rows and settings as they are. */
  current(): Shared;
  /** Puts others in their place; returns what puts them back. */
  apply(shared: Shared): () => void;
  /** One prompt and its two answers, of the last training. */
  beforeAfter(): CardContent | undefined;
}

export type LinkMade = { readonly link: string } | { readonly problem: ShareProblem };

export class Share {
  /** Rows that came by the address; undefined: none, or seen. */
  readonly opened = signal<number | undefined>(undefined);
  /** What is wrong with the address that the page was opened with. */
  readonly problem = signal<ShareProblem | undefined>(undefined);
  readonly copied = signal<"yes" | "no" | undefined>(undefined);
  #putBack: (() => void) | undefined;

  constructor(private readonly page: SharedPage) {}

  /** To these rows and settings, below `address`. */
  makeLink(address: string): LinkMade {
    try {
      return { link: `${address.split("#")[0]}${writeShareLink(this.page.current())}` };
    } catch (error) {
      if (error instanceof ShareLinkError) return { problem: error.problem };
      throw error;
    }
  }

  async copy(link: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(link);
      this.copied.value = "yes";
    } catch {
      this.copied.value = "no"; // Not allowed, or not served over HTTPS.
    }
  }

  /**
   * Opens what an address carries, and says whether it carried anything: whatever is wrong with it, the person's own rows
   * stay.
   */
  readAddress(hash: string): boolean {
    if (!isShareLink(hash)) return false;
    try {
      const shared = readShareLink(hash);
      this.#putBack = this.page.apply(shared);
      this.opened.value = shared.rows.length;
    } catch (error) {
      if (!(error instanceof ShareLinkError)) throw error;
      this.problem.value = error.problem;
    }
    return true;
  }

  /** Undefined before anything was trained. */
  get card(): CardContent | undefined {
    return this.page.beforeAfter();
  }

  /** The card as a PNG. Throws where the browser draws none. */
  drawCard(content: CardContent, labels: CardLabels): Promise<Blob> {
    return drawCard(content, labels);
  }

  /** Puts back what was there before the address was opened. */
  undo(): void {
    this.#putBack?.();
    this.dismiss();
  }

  /** The person has read what came of the address. */
  dismiss(): void {
    this.#putBack = undefined;
    this.opened.value = undefined;
    this.problem.value = undefined;
  }
}

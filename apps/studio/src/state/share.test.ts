import { describe, expect, it } from "vitest";
import type { CardContent } from "../share/layout-card.ts";
import type { Shared } from "../share/share-link.ts";
import { readShareLink, writeShareLink } from "../share/share-link.ts";
import { Share } from "./share.ts";

const shared: Shared = {
  rows: [{ says: "hi", answers: "ahoy" }],
  adapter: { rank: 8, alpha: 16, targets: "all-linear", dropout: 0, useDora: false, start: "gaussian" },
  training: { steps: 36, batchSize: 4, learningRate: 1e-3, schedule: "cosine", seed: 1, validationShare: 0 },
  watched: "hello",
  model: "Tiny",
};

function page(cards: readonly CardContent[] = []) {
  const applied: Shared[] = [];
  const share = new Share({
    current: () => shared,
    apply: (each) => {
      applied.push(each);
      return () => applied.pop();
    },
    beforeAfter: () => cards,
  });
  return { share, applied };
}

describe("sharing", () => {
  it("makes a link that another page opens as it was, in place of a hash that was there", () => {
    const made = page().share.makeLink("https://example.org/studio/#teach1=old");
    const link = "link" in made ? made.link : "";
    const { share, applied } = page();
    share.readAddress(new URL(link).hash);
    expect(applied).toEqual([shared]);
    expect(share.opened.value).toEqual(shared);
  });

  it("brings the answers of the prompt that was chosen, else of the best", () => {
    const cards = ["first", "best"].map((prompt) => ({ prompt, before: "-", after: "+" }));
    const { share } = page(cards);
    const result = () => {
      const made = share.makeLink("https://example.org/");
      return readShareLink("link" in made ? new URL(made.link).hash : "").result;
    };
    expect(result()).toEqual(cards[1]);
    share.shown.value = "first";
    expect(result()).toEqual(cards[0]);
  });

  it("changes nothing if the address is broken, and reports what is wrong", () => {
    const { share, applied } = page();
    share.readAddress("#teach1=AAAA");
    expect(applied).toEqual([]);
    expect(share.problem.value).toBe("damaged");
    share.dismiss();
    expect(share.problem.value).toBeUndefined();
  });

  it("gives back what was there before a link was opened", () => {
    const { share, applied } = page();
    share.readAddress(writeShareLink(shared));
    share.undo();
    expect([applied, share.opened.value]).toEqual([[], undefined]);
  });

  it("takes no notice of other hashes", () => {
    const { share, applied } = page();
    expect(share.readAddress("#content")).toBe(false);
    expect([applied, share.opened.value, share.problem.value]).toEqual([[], undefined, undefined]);
  });
});

// The second column of docs/glossary.md as patterns, for prose that people read: pages, help lines, errors.

/** A word of our own, where the field has another one. */
interface AvoidedWord {
  readonly avoid: RegExp;
  readonly use: string;
}

const avoidedWords: readonly AvoidedWord[] = [
  { avoid: /\bby chance\b/i, use: "at random, shuffled" },
  { avoid: /\btrunks?\b/i, use: "backbone" },
  // "Pairs" alone may be pairs of texts or of answers.
  { avoid: /\b(?:half|plain|thin|trained|adapter'?s'?) pairs?\b|\bpairs? (?:of adapters?|starts?)\b/i, use: "A and B" },
  { avoid: /\bbeside\b/i, use: "next to, compared with, in addition to" },
  { avoid: /\bso (?:many|often)\b/i, use: "N, a number" },
  { avoid: /\bpass(?:es)? over the data\b/i, use: "epoch" },
  { avoid: /\bmend(?:s|ed|ing)?\b/i, use: "fix, patch" },
  { avoid: /\bat one go\b/i, use: "in one pass, fused" },
  { avoid: /\bgraphics cards?\b|\breal (?:cards?|adapters?)\b|\bon (?:a|the) card\b/i, use: "GPU" },
  // ALiBi's paper calls its constants slopes.
  { avoid: /(?<!ALiBi.*)\bslopes?\b/i, use: "gradient" },
  { avoid: /\bdoors?\b/i, use: "hook point, site" },
  { avoid: /\bother rows' texts\b/i, use: "in-batch negatives" },
  { avoid: /\bstarts that\b|\bhow (?:they|pairs|it) starts?\b/i, use: "initialization" },
  { avoid: /\b(?:is|are|was|were) (?:told|said)\b|\bhears\b|\bheard\b/i, use: "is reported, is given, is passed" },
  { avoid: /\bwhat is said\b|\bnothing is said\b|\bis asked for\b|\basks for\b/i, use: "setting, requires, needs" },
  { avoid: /\b(?:stands?|lies?|lay) (?:in|on|at|there|behind|before|above|below)\b/i, use: "is in, is stored in" },
  { avoid: /\bmoves? away from its base\b/i, use: "KL penalty to the base model" },
  { avoid: /\blists of classes\b/i, use: "multi-label" },
  { avoid: /\brows of like length\b|\blike length\b/i, use: "rows of similar length" },
  { avoid: /\bbetter ones?\b|\bpeople judged\b|\bjudged answers?\b/i, use: "chosen and rejected answers, preferences" },
  { avoid: /\b(?:bit|bits) codes?\b|\bcodes (?:of|from) [−\d]/i, use: "quantized values" },
  { avoid: /\b(?:that|which|and) (?:is|are) none\b/i, use: "not supported, NaN" },
];

/** "beside → next to", for each avoided word of a text. */
export function avoidedIn(text: string): readonly string[] {
  return avoidedWords.flatMap(({ avoid, use }) => {
    const found = avoid.exec(text)?.[0];
    return found === undefined ? [] : [`${found} → ${use}`];
  });
}

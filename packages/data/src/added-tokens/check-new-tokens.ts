// What can become a token of its own: checked for all at once, before anything is computed.

import { AddedTokensError, type TokenProblem } from "../errors.ts";

/** As many are added at once at most: more is a vocabulary of its own. */
const mostTokens = 10_000;
/** In UTF-16 units. */
const longestToken = 256;

/** Throws AddedTokensError naming every token that cannot be added, and why. */
export function checkNewTokens(tokens: readonly string[]): void {
  if (tokens.length > mostTokens) {
    const reason = `${tokens.length} tokens were given, expected at most ${mostTokens}`;
    throw new AddedTokensError([{ token: tokens[mostTokens] ?? "", reason }]);
  }
  const problems: TokenProblem[] = [];
  const seen = new Set<string>();
  for (const token of tokens) {
    const reason = seen.has(token) ? "it is named twice" : refusal(token);
    if (reason !== undefined) problems.push({ token, reason });
    seen.add(token);
  }
  if (problems.length > 0) throw new AddedTokensError(problems);
}

function refusal(token: string): string | undefined {
  if (token === "") return "it is empty, expected at least one character";
  if (token.trim() === "") return "it is only white space, which no text would be recognised by";
  if (token.length > longestToken) return `it has ${token.length} characters, expected at most ${longestToken}`;
  return isWellFormed(token) ? undefined : "it holds half of a surrogate pair, which no file can";
}

/** `String.prototype.isWellFormed`, which Node 20 has and the ES2022 library does not name. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

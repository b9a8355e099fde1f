// Every visible text, in each language. English is part of the page; other languages are loaded on demand.

import english from "./english.json";
import { type Texts, textsOf } from "./speech.ts";

export type { Texts } from "./speech.ts";
export type LanguageName = "en" | "ko";

/** The texts and their language. */
export interface Speech {
  readonly language: LanguageName;
  readonly texts: Texts;
}

/** As they call themselves. */
export const languageNames: Readonly<Record<LanguageName, string>> = { en: "English", ko: "한국어" };

/** Rejects if a language's file cannot be loaded. */
export async function speechIn(language: LanguageName): Promise<Speech> {
  const messages = language === "ko" ? (await import("./korean.json")).default : english;
  return { language, texts: textsOf(messages, language) };
}

/** The first supported one of a person's languages, which are sorted by preference; English if its file cannot be loaded. */
export async function speechFor(languages: readonly string[]): Promise<Speech> {
  const known = languages.map((name) => name.split("-")[0]).find((name) => name === "en" || name === "ko");
  return speechIn(known ?? "en").catch(() => speechIn("en"));
}

// English or Korean.

import { type LanguageName, languageNames } from "../../text/texts.ts";
import { useStudio } from "./use-studio.ts";

export function LanguageChoice() {
  const studio = useStudio();
  const { language, text } = studio;
  return (
    <label class="inline">
      <span class="unseen">{text.value.page.language}</span>
      <select
        value={language.value}
        onChange={({ currentTarget }) => void studio.speak(currentTarget.value as LanguageName)}
      >
        {Object.entries(languageNames).map(([name, own]) => (
          <option key={name} value={name} lang={name}>
            {own}
          </option>
        ))}
      </select>
    </label>
  );
}

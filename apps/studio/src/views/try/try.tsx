// Trying what was taught: the conversation, the field to go on with it, how strongly the adapter acts.

import { Card } from "../page/card.tsx";
import { useStudio } from "../page/use-studio.ts";
import { AskField } from "./ask-field.tsx";
import { Conversation } from "./conversation.tsx";
import { Strength } from "./strength.tsx";
import { WritingSettings } from "./writing-settings.tsx";
import "./try.css";

export function Try() {
  const { chat, text } = useStudio();
  const { trying } = text.value;
  return (
    <Card id="try" title={trying.title} lead={trying.lead} place="wide">
      {chat.chats.value === false && <p class="quiet">{trying.leadSingle}</p>}
      <Strength />
      <Conversation />
      <AskField />
      {chat.failure.value && (
        <p class="problem" role="alert">
          {chat.failure.value}
        </p>
      )}
      <WritingSettings />
    </Card>
  );
}

/** What the server sends as Server-Sent Events: a number and one message a line. */
export interface NumberedMessages {
  number: number;
  messages: string[];
}

/** Cuts a stream, in whatever pieces it comes, into whole events. Comments are nothing. */
export class EventParser {
  private rest = "";

  take(text: string): NumberedMessages[] {
    const events = (this.rest + text).split("\n\n");
    this.rest = events.pop() ?? "";
    return events.map(parse).filter((event) => event.messages.length > 0);
  }
}

function parse(event: string): NumberedMessages {
  const found: NumberedMessages = { number: 0, messages: [] };
  for (const line of event.split("\n")) {
    if (line.startsWith("id: ")) found.number = Number(line.slice(4));
    else if (line.startsWith("data: ")) found.messages.push(line.slice(6));
  }
  return found;
}

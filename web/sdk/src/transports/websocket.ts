import type { Environment } from "../environment";
import { JSON_SUBPROTOCOL } from "../protocol";
import type { Line, LineEvents } from "./line";

export class WebSocketLine implements Line {
  readonly way = "websocket";
  private readonly socket: WebSocket;

  /** Throws what the browser throws for an address that it does not like. */
  constructor(environment: Environment, events: LineEvents) {
    const url = environment.baseUrl.replace(/^http/, "ws") + "/ws";
    const socket = new environment.WebSocket(url, JSON_SUBPROTOCOL);
    this.socket = socket;
    socket.onopen = () => events.onOpen();
    socket.onmessage = (message: MessageEvent<unknown>) => {
      if (typeof message.data === "string") events.onText(message.data);
    };
    socket.onclose = (event) => events.onClose(event.code, event.reason);
  }

  send(text: string): void {
    this.socket.send(text);
  }

  close(): void {
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
  }
}

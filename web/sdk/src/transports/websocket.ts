import type { Environment } from "../environment";
import { JSON_SUBPROTOCOL } from "../protocol";
import type { Line, LineEvents } from "./line";

/** `WebSocket.OPEN`. Sending later throws nothing, but browsers print an error. */
const OPEN = 1;

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

  /** Nothing once the server has begun to close: what is lost then is told by `onClose`. */
  send(text: string): void {
    if (this.socket.readyState !== OPEN) return;
    this.socket.send(text);
  }

  close(): void {
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
  }
}

// The stand-in of Stripe.js, for one machine: the same names and answers, as far as a card is saved.
// The card form stands in a frame of this script's own origin, so that no card reaches the page.
(() => {
  "use strict";
  const origin = new URL(document.currentScript.src).origin;
  const TITLE = { en: "Secure card form", es: "Formulario seguro de tarjeta" };

  /** What a page did wrong; Stripe throws it too. */
  const misuse = (message) => Object.assign(new Error(message), { name: "IntegrationError" });

  /** The card form in its frame. */
  class PaymentElement {
    #settings;
    #frame = null;
    #port = null;
    #listeners = new Map();
    #waiting = new Map();
    #asked = 0;

    constructor(settings) {
      this.#settings = settings;
    }

    mount(where) {
      const place = typeof where === "string" ? document.querySelector(where) : where;
      if (!place) throw misuse(`There is no element ${where} to mount to.`);
      this.unmount();
      const spanish = (this.#settings.locale ?? "").startsWith("es");
      const frame = document.createElement("iframe");
      frame.title = TITLE[spanish ? "es" : "en"];
      frame.src = `${origin}/stripe/element`;
      frame.allow = "payment *";
      Object.assign(frame.style, {
        // As wide as its place and the room that the form leaves for outlines.
        border: "0", width: "calc(100% + 10px)", margin: "0 -5px", height: "15rem", display: "block",
      });
      frame.addEventListener("load", () => this.#connect(frame), { once: true });
      this.#frame = frame;
      place.replaceChildren(frame);
    }

    unmount() {
      this.#port?.close();
      this.#frame?.remove();
      this.#port = this.#frame = null;
      for (const answer of this.#waiting.values()) answer(gone());
      this.#waiting.clear();
    }

    destroy() {
      this.unmount();
    }

    focus() {
      this.#port?.postMessage({ type: "focus" });
    }

    on(event, listener) {
      this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
      return this;
    }

    off(event, listener) {
      const left = (this.#listeners.get(event) ?? []).filter((other) => listener && other !== listener);
      this.#listeners.set(event, left);
      return this;
    }

    /** Asks the frame; the answer is Stripe's. */
    ask(question) {
      if (!this.#port) return Promise.resolve(gone());
      const id = ++this.#asked;
      return new Promise((answer) => {
        this.#waiting.set(id, answer);
        this.#port.postMessage({ ...question, id });
      });
    }

    #connect(frame) {
      const { port1, port2 } = new MessageChannel();
      this.#port = port1;
      port1.onmessage = ({ data }) => this.#hear(data);
      const { locale, appearance } = this.#settings;
      frame.contentWindow.postMessage({ type: "begin", locale, appearance }, origin, [port2]);
    }

    #hear({ type, id, answer, height, event }) {
      if (type === "answer") {
        this.#waiting.get(id)?.(answer);
        this.#waiting.delete(id);
      } else if (type === "height") {
        this.#frame.style.height = `${height}px`;
      } else {
        for (const listener of this.#listeners.get(type) ?? []) listener({ elementType: "payment", ...event });
      }
    }
  }

  const gone = () => ({ error: { type: "api_connection_error", message: "The card form is not there." } });

  const elements = ({ clientSecret, locale, appearance } = {}) => {
    let element = null;
    return {
      clientSecret,
      create(type) {
        if (type !== "payment") throw misuse(`The stand-in has no element ${type}.`);
        if (element) throw misuse("There is a payment element already.");
        element = new PaymentElement({ locale, appearance });
        return element;
      },
      getElement: () => element,
      async submit() {
        if (!element) throw misuse("There is no payment element to submit.");
        return element.ask({ type: "submit" });
      },
    };
  };

  window.Stripe = (publishableKey) => {
    if (!publishableKey) throw misuse("Stripe needs a publishable key.");
    return {
      elements,
      async confirmSetup({ elements: group, clientSecret, confirmParams = {}, redirect = "always" }) {
        const secret = clientSecret ?? group?.clientSecret;
        if (!secret) throw misuse("confirmSetup needs a client secret.");
        const element = group?.getElement();
        if (!element) throw misuse("confirmSetup needs the elements with a payment element.");
        const answer = await element.ask({ type: "confirm", key: publishableKey, clientSecret: secret });
        if (answer.error || redirect === "if_required") return answer;
        const back = new URL(confirmParams.return_url);
        back.searchParams.set("setup_intent", answer.setupIntent.id);
        back.searchParams.set("setup_intent_client_secret", secret);
        back.searchParams.set("redirect_status", "succeeded");
        location.assign(back);
        return new Promise(() => {});
      },
    };
  };
  window.Stripe.version = 3;
})();

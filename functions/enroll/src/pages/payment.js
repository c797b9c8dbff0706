// The payment page: Stripe's form, and the name of what it made to our server. The card itself never comes by here.
(() => {
  "use strict";

  const form = document.getElementById("payment-form");
  const save = document.getElementById("payment-save");
  const problem = document.getElementById("payment-error");
  const loading = document.getElementById("payment-loading");
  const reload = document.getElementById("payment-reload");
  if (!form || !save || !problem || !loading || !reload) return;
  const words = form.dataset;

  let stripe = null;
  let elements = null;
  // What Stripe has made already: it is not to be made twice when only our own server failed.
  let paymentMethod = null;
  let isBusy = true;

  const say = (text) => {
    problem.textContent = text;
    problem.hidden = false;
    problem.focus();
  };

  // A button that is really disabled would lose the focus.
  const busy = (on) => {
    isBusy = on;
    save.setAttribute("aria-disabled", String(on));
    form.setAttribute("aria-busy", String(on));
  };

  const post = async (path, body) => {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      credentials: "same-origin",
      cache: "no-store",
      body: JSON.stringify(body),
    });
    // The session is over, or nothing is left to pay for: our own pages say so.
    if (answer.status === 401 || answer.status === 409) {
      window.location.assign("/enroll");
      return new Promise(() => {});
    }
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.status === 204 ? null : answer.json();
  };

  const notLoaded = () => {
    form.hidden = true;
    reload.hidden = false;
    say(words.notLoaded);
  };

  const begin = async () => {
    form.hidden = false;
    if (typeof window.Stripe !== "function") return notLoaded();
    try {
      const session = await post("/enroll/payment-session", {});
      stripe = window.Stripe(session.publishable_key, { locale: words.locale });
      const isDark = window.matchMedia("(prefers-color-scheme: dark)").matches;
      const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
      const variables = {
        colorPrimary: colour("--go"),
        colorBackground: colour("--card"),
        colorText: colour("--ink"),
        colorDanger: colour("--bad"),
      };
      elements = stripe.elements({
        clientSecret: session.client_secret,
        locale: words.locale,
        appearance: { theme: isDark ? "night" : "stripe", variables },
      });
      const payment = elements.create("payment");
      payment.on("ready", () => {
        loading.hidden = true;
        busy(false);
      });
      payment.on("loaderror", notLoaded);
      payment.mount("#payment");
    } catch {
      notLoaded();
    }
  };

  const confirmed = async () => {
    if (paymentMethod) return paymentMethod;
    // Without a return_url, so that no address of ours ever has the client secret in it: a card needs none.
    const result = await stripe.confirmSetup({ elements, redirect: "if_required", confirmParams: {} });
    if (result.error) {
      say(result.error.message || words.notSaved);
      return null;
    }
    const made = result.setupIntent && result.setupIntent.payment_method;
    paymentMethod = (made && made.id) || made || null;
    if (!paymentMethod) say(words.notSaved);
    return paymentMethod;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    busy(true);
    problem.hidden = true;
    problem.textContent = "";
    save.textContent = words.saving;
    try {
      const name = await confirmed();
      if (name) {
        await post("/enroll/payment-method", { payment_method_id: name });
        window.location.assign("/enroll");
        return;
      }
    } catch {
      say(words.notSaved);
    }
    save.textContent = words.save;
    busy(false);
  });

  begin();
})();

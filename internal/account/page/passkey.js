// Passkeys: the only part of signing in that needs a script. Each element
// with data-passkey shows itself when the browser knows passkeys; its button
// runs the dialog and follows where the server says.
const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const lang = document.documentElement.lang;

async function call(step, body) {
  const answer = await fetch('/account/passkey/' + step, {
    method: 'POST', credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json', 'Accept-Language': lang },
    body: JSON.stringify({ ...body, lang }),
  });
  const reply = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(), { detail: reply.detail });
  return reply;
}

// The options come as JSON with base64url where the browser wants bytes.
function readable(options) {
  const o = options.publicKey;
  o.challenge = bytes(o.challenge);
  if (o.user) o.user.id = bytes(o.user.id);
  for (const list of [o.excludeCredentials, o.allowCredentials]) list?.forEach(c => { c.id = bytes(c.id); });
  const salt = o.extensions?.prf?.eval;
  if (salt?.first) salt.first = bytes(salt.first);
  return { publicKey: o };
}

function sendable(credential) {
  const r = credential.response, out = {
    id: credential.id, rawId: text(credential.rawId), type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: {}, response: { clientDataJSON: text(r.clientDataJSON) },
  };
  if (r.attestationObject) {
    out.response.attestationObject = text(r.attestationObject);
    out.response.transports = r.getTransports?.() ?? [];
  } else {
    out.response.authenticatorData = text(r.authenticatorData);
    out.response.signature = text(r.signature);
    if (r.userHandle) out.response.userHandle = text(r.userHandle);
  }
  const ext = credential.getClientExtensionResults();
  if (ext.prf) {
    out.clientExtensionResults.prf = {};
    if (ext.prf.enabled !== undefined) out.clientExtensionResults.prf.enabled = ext.prf.enabled;
    if (ext.prf.results?.first) out.clientExtensionResults.prf.results = { first: text(ext.prf.results.first) };
  }
  if (ext.credProps) out.clientExtensionResults.credProps = ext.credProps;
  return out;
}

async function dialog(purpose, ceremony, more) {
  const options = readable(ceremony.options);
  const credential = purpose === 'register' ? await navigator.credentials.create(options) : await navigator.credentials.get(options);
  return call('finish', { purpose, ceremony: ceremony.ceremony, credential: sendable(credential), ...more });
}

document.querySelectorAll('[data-passkey]').forEach(box => {
  if (!window.PublicKeyCredential) return;
  box.hidden = false;
  const button = box.querySelector('button'), wrong = box.querySelector('[data-passkey-error]');
  button.addEventListener('click', async () => {
    const purpose = box.dataset.passkey, more = { to: box.dataset.to, label: box.querySelector('[name=label]')?.value };
    button.disabled = true;
    wrong.hidden = true;
    try {
      let reply = await dialog(purpose, await call('begin', { purpose }), more);
      // Some passkeys can unlock only from their second dialog on; without it
      // the passkey still signs in.
      if (reply.again) reply = await dialog('prove', reply.again, more).catch(() => reply);
      location.assign(reply.go);
    } catch (e) {
      wrong.textContent = e.detail || box.dataset.failed;
      wrong.hidden = false;
      button.disabled = false;
    }
  });
});

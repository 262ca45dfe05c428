// A real, certified OpenID provider with one hospital's people in it: whoever
// types a name is that person. It prints its issuer and ends with its input.
import http from 'node:http'
import { Provider } from 'oidc-provider'

const options = JSON.parse(process.argv[2])
const server = http.createServer((request, response) => answer(request, response))
let answer = (_, response) => response.writeHead(503).end()

server.listen(options.port || 0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(issuer, {
    clients: options.clients,
    pkce: { required: () => true },
    conformIdTokenClaims: Boolean(options.userinfo),
    acrValues: ['one', 'two'],
    scopes: ['openid', 'email', 'profile', 'groups'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'], groups: ['groups'], acr: null, amr: null, auth_time: null },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    interactions: { url: (_, interaction) => `/who/${interaction.uid}` },
    cookies: { keys: ['only for tests'] },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({
        sub, name: sub[0].toUpperCase() + sub.slice(1) + ' Mara', preferred_username: sub,
        email: sub.includes('stranger') ? `${sub}@elsewhere.example` : `${sub}@hospital.example`, email_verified: true,
        groups: sub.includes('porter') ? ['porters'] : ['ward', 'staff'],
      }),
    }),
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId })
      grant.addOIDCScope('openid email profile groups')
      await grant.save()
      return grant
    },
    renderError: (ctx, out) => { ctx.type = 'text/plain'; ctx.body = out.error },
  })
  const callback = provider.callback()
  answer = async (request, response) => {
    if (!request.url.startsWith('/who/')) return callback(request, response)
    if (request.method === 'GET') {
      await provider.interactionDetails(request, response)
      response.setHeader('Content-Type', 'text/html; charset=utf-8')
      return response.end(`<!doctype html><html lang="en"><title>Hospital</title><h1>Hospital</h1>
<form method="post"><label>Name <input name="name"></label><button name="go" value="yes">In</button><button name="go" value="no">No</button></form>`)
    }
    let body = ''
    for await (const part of request) body += part
    const form = new URLSearchParams(body)
    const result = form.get('go') === 'no'
      ? { error: 'access_denied' }
      : { login: { accountId: form.get('name'), acr: options.acr, amr: options.amr } }
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
  }
  console.log(issuer)
})

process.stdin.resume()
process.stdin.on('end', () => process.exit(0))

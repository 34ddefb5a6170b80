// The page at /api/v1/: every operation with a form, made in the browser from the OpenAPI document. No script, font or picture of
// anybody else; the secret stays in the page.
#include "backend/documents.h"

namespace plaza::backend {
namespace {

constexpr const char* kPage = R"html(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Plaza server API</title>
<style>
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#1c2330;--dim:#69748a;--line:#dfe3ea;--accent:#2f6fed;--ok:#13795b;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--bg:#12151b;--card:#1b2029;--ink:#e6e9f0;--dim:#93a0b8;--line:#2c3440;--accent:#7aa5ff;--ok:#5fd0a8;--bad:#ff8a80}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header{position:sticky;top:0;z-index:1;background:var(--card);border-bottom:1px solid var(--line);padding:12px 24px;display:flex;gap:12px;align-items:center;flex-wrap:wrap}
h1{font-size:17px;margin:0 auto 0 0}h2{font-size:13px;text-transform:uppercase;letter-spacing:.08em;color:var(--dim);margin:28px 0 8px}
main{max-width:860px;margin:0 auto;padding:8px 24px 64px}
details{background:var(--card);border:1px solid var(--line);border-radius:8px;margin:6px 0}
summary{cursor:pointer;padding:10px 14px;display:flex;gap:10px;align-items:baseline;list-style:none}
summary::-webkit-details-marker{display:none}
.m{font:600 11px/1 ui-monospace,monospace;color:var(--accent);min-width:52px}.p{font:13px ui-monospace,monospace;overflow-wrap:anywhere}
.w{margin-left:auto;font-size:12px;color:var(--dim);white-space:nowrap}
a{color:var(--accent)}form{padding:0 14px 14px;border-top:1px solid var(--line)}form p{color:var(--dim);margin:10px 0}
label{display:grid;grid-template-columns:150px 1fr;gap:10px;margin:6px 0;align-items:start}label span{font:13px/34px ui-monospace,monospace}
label small{grid-column:2;color:var(--dim);margin-top:-6px}
input,textarea{width:100%;font:13px ui-monospace,monospace;padding:7px 9px;border:1px solid var(--line);border-radius:6px;background:var(--bg);color:var(--ink)}
header input{width:220px}
button{font:600 13px system-ui;padding:8px 18px;border:0;border-radius:6px;background:var(--accent);color:#fff;cursor:pointer}
@media(prefers-color-scheme:dark){button{color:#10131a}}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
pre{margin:10px 0 0;padding:10px;background:var(--bg);border:1px solid var(--line);border-radius:6px;overflow:auto;font:13px/1.45 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.ok{color:var(--ok)}.bad{color:var(--bad)}
@media(max-width:560px){label{grid-template-columns:1fr}label small{grid-column:1}.w{display:none}header input{width:100%}}
</style></head><body>
<header><h1>Plaza server API</h1><input id="key" placeholder="key pk_..." autocomplete="off" aria-label="key">
<input id="secret" type="password" placeholder="secret sk_..." autocomplete="off" aria-label="secret"></header>
<main><p>Every operation, from <a href="openapi.json">openapi.json</a>. Key and secret stay in this page. Operators' operations answer
at the server's own socket only (<code>plaza admin</code>).</p><div id="list">Loading...</div></main>
<script>
const el=(tag,props={},...kids)=>{const e=Object.assign(document.createElement(tag),props);e.append(...kids);return e};
const value=(text,schema)=>{if(schema.type==='string')return text;return JSON.parse(text)};
function form(path,method,op){
  const f=el('form'),fields=[];f.append(el('p',{textContent:op.summary}));
  const add=(name,where,schema,required,help)=>{const i=el('input',{required,placeholder:required?'':'optional',name});
    fields.push({name,where,schema,i});f.append(el('label',{},el('span',{textContent:name}),i,el('small',{textContent:help||''})))};
  for(const p of op.parameters||[])if(p.name!=='app'||p.in==='path')add(p.name,p.in,p.schema,p.required,p.description);
  const body=op.requestBody?.content['application/json'].schema;
  for(const[n,s]of Object.entries(body?.properties||{}))add(n,'body',s,(body.required||[]).includes(n),s.description);
  const out=el('pre',{hidden:true,ariaLive:'polite'});f.append(el('button',{textContent:'Call'}),out);
  f.onsubmit=async e=>{e.preventDefault();out.hidden=false;out.className='';out.textContent='...';
    try{let url=path;const q=new URLSearchParams(),b={};
      for(const{name,where,schema,i}of fields){if(i.value==='')continue;
        if(where==='path')url=url.replace('{'+name+'}',encodeURIComponent(i.value));
        else if(where==='query')q.set(name,i.value);else b[name]=value(i.value,schema)}
      if([...q].length)url+='?'+q;
      const init={method:method.toUpperCase(),headers:{Authorization:'Bearer '+key.value.trim()+'.'+secret.value.trim()}};
      if(body)init.body=JSON.stringify(b);
      const r=await fetch(url,init),t=await r.text();out.className=r.ok?'ok':'bad';
      let shown=t;try{shown=JSON.stringify(JSON.parse(t),null,2)}catch{}
      out.textContent=r.status+' '+r.statusText+'\n'+shown}
    catch(x){out.className='bad';out.textContent=String(x)}};
  return f}
fetch('openapi.json').then(r=>r.json()).then(doc=>{list.textContent='';const groups={};
  for(const[path,methods]of Object.entries(doc.paths))for(const[method,op]of Object.entries(methods))(groups[op.tags[0]]??=[]).push([path,method,op]);
  for(const[name,ops]of Object.entries(groups)){list.append(el('h2',{textContent:name}));
    for(const[path,method,op]of ops){const d=el('details'),s=el('summary',{},el('span',{className:'m',textContent:method.toUpperCase()}),
      el('span',{className:'p',textContent:path}),el('span',{className:'w',textContent:op['x-plaza-who']==='operators'?'operators':op.operationId}));
      d.append(s);d.ontoggle=()=>{if(d.open&&d.children.length===1)d.append(form(path,method,op))};list.append(d)}}
}).catch(x=>{list.textContent='The document cannot be read: '+x});
</script></body></html>
)html";

}  // namespace

std::optional<net::HttpResponse> document_at(const net::HttpRequest& request) {
  const std::string_view path = request.path();
  const bool page = path == "/api/v1/", move = path == "/api" || path == "/api/" || path == "/api/v1";
  const bool document = path == "/api/v1/openapi.json";
  if (!page && !move && !document) return std::nullopt;
  net::HttpResponse response;
  if (request.method != "GET" && request.method != "HEAD") {
    response.status = 405;
    response.headers.emplace_back("Allow", "GET, HEAD");
  } else if (move) {
    response.status = 301;
    response.headers.emplace_back("Location", "/api/v1/");
  } else if (document) {
    response.content_type = "application/json";
    response.body = openapi_document();
  } else {
    response.content_type = "text/html; charset=utf-8";
    response.body = kPage;
    response.headers.emplace_back(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src "
        "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  }
  return response;
}

}  // namespace plaza::backend

// show/assets/*.mjs by esbuild@0.28.2, of 8dbcf4a193903b9c
(()=>{var{abs:D,max:T,min:_}=Math,Yt=t=>typeof t=="number"?t:Number(String(t).replace("inf","Infinity")),Xn=t=>t.includes(".")?
t.replace(/\.?0+$/,""):t;function Yn(t,e){if(isNaN(t))return"nan";if(!isFinite(t))return t>0?"inf":"-inf";if(!t)return"0";
let[n,o]=t.toExponential(e-1).split("e");return o>=-4&&o<e?Xn(t.toPrecision(e)):`${Xn(n)}e${o<0?"-":"+"}${String(D(o)).padStart(
2,"0")}`}var rn=6,Gn=t=>{rn=t},z=t=>Yn(t,rn),he=t=>Yn(t,_(4,rn)),ot=t=>Object.is(t,-0)?"-0":z(t),wt=t=>z(t).replace(/^-.*/,
"($&)"),Jn=t=>(t<0||isNaN(t)?"":"+")+z(t),lt=t=>String(t).replace(/\B(?=(\d{3})+$)/g,",");function Te(t){let e=c=>{let l=c.
trim().replace(",",".").replace("−","-");return/^[+-]?inf(inity)?$/i.test(l)?l[0]==="-"?-1/0:1/0:/^nan$/i.test(l)?NaN:
/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(l)?Number(l):void 0},[n,o,...a]=t.split("/").map(e);if(!(n===void 0||a.length))
return t.includes("/")?o===void 0?void 0:n/o:n}var Me=t=>`“${t}” is not a number: 2.5, -1e-3 or 1/3 are.`,is=/[\u1100-\u115f\u2e80-\ud7a3\uf900-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu,
Ie=t=>[...t].length+(t.match(is)||[]).length,Vn=36,xt=/^row (\d+): /;function X(t){return t=t.replace(xt,""),t=t.replace(
/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g,"[$1][$2]").replace(/\.weights\[/g,".w["),t.length>Vn?"…"+t.slice(1-Vn):t}var Qn=(t,e)=>T(
e,250*t.trim().split(/\s+/).length);var ct=t=>typeof t=="number";function Zn(t,e){let n=t.inputs,o=n.length,a=o-1,c=t.data.map(Yt),l=t.op.map(O=>e[O]),s=n.map(
O=>O.every(ct)?null:O.map(h=>ct(h)?0:Yt(h[0]))),i=(O,h,y)=>ct(O)&&y.indexOf(O)===h,f=n.map(O=>O.every(i)?O:O.filter(i)),
p=O=>f[O],m=new Int32Array(o),x=new Int32Array(o).fill(-1),w=[],$=[];for(let O=0;O<o;O++)if(l[O]){for(let h of p(O))m[h]++;
x[O]=w.length,w.push(O),$.push(-1)}let L=w.length,k=new Int32Array(o+1),R=new Int32Array(m.reduce((O,h)=>O+h,0));for(let O=0;O<
o;O++)k[O+1]=k[O]+m[O];let E=k.slice();t.forward||(w.push(a),$.push(-2));for(let O=t.forward?-1:a;O>=0;O--)if(l[O])for(let h of p(
O))R[E[h]++]=w.length,w.push(O),$.push(h);let S=w.length,B=O=>t.forward?[]:Array.from(R.subarray(k[O],k[O+1])),Y=(O,h)=>{
let y=n[O],C=new Array(y.length);for(let I=0;I<C.length;I++)C[I]=ct(y[I])?h[y[I]]:s[O][I];return C},H=O=>{let h=Float64Array.
from(O);for(let y=0;y<o;y++)l[y]&&(h[y]=l[y].f(...Y(y,h)));return h},q=(O,h,y)=>{let C=Y(O,y),I=0;return n[O].forEach((Z,g)=>{
Z===h&&(I+=l[O].d[g](...C,y[O])??0)}),I};function F(O){let h=H(O),y=new Float64Array(o),C=new Uint8Array(o),[I,Z,g,b]=[0,
1,2,3].map(()=>new Float64Array(S));y[a]=C[a]=1;for(let v=L+1,N=-1,U;v<S;v++){w[v]!==N&&(N=w[v],U=Y(N,h));let P=$[v],Q=n[N];
g[v]=y[P];for(let G=0;G<Q.length;G++){if(Q[G]!==P)continue;let j=l[N].d[G](...U,h[N]);j!==null&&(I[v]+=j,C[N]&&(C[P]=1,Z[v]+=
y[N]*j,y[P]+=y[N]*j))}b[v]=y[P]}return{data:h,grad:y,local:I,amount:Z,before:g,after:b}}return{D:t,ops:e,N:o,ROOT:a,STEPS:S,
SEED:L,ins:n,first:c,plain:s,uses:m,born:x,stepNode:w,stepInput:$,received:B,operands:p,valuesOf:H,localOf:q,run:F,curve:(O,h,y)=>{
let C=O.slice();return y.map(I=>(C[h]=I,H(C)[a]))}}}var to=(t,e,n,o)=>o.reduce((a,c)=>a+t.grad[c]*(n[c]-e[c]),0);function eo(t,e,n,o){
let{STEPS:a,SEED:c,stepNode:l,stepInput:s}=t,i=p=>p===c?"seed":`${p<c}${o(s[p]<0?l[p]:s[p])}`;if(n>0){if(e>=a)return a;let p=i(
e);do e++;while(e<a&&i(e)===p);return e}if(e<=0)return 0;let f=i(--e);for(;e>0&&i(e-1)===f;)e--;return e}function no(t,e,n){let o=t.map(()=>!1),a=t.map((l,s)=>s).filter(l=>t[l].open).sort((l,s)=>t[l].open-t[s].open),c=1;for(let l of a)
(!l||o[t[l].parent]&&c+e[l]-1<=n)&&(o[l]=!0,c+=e[l]-1);return o}function oo(t,e){let[n,o,a]=[0,1,2].map(()=>new Int32Array(
t.length));return e.forEach((c,l)=>{for(o[c]++;c>=0;c=t[c].parent)n[c]++,a[c]=l}),t.forEach(c=>{c.parent>=0&&o[c.parent]++}),
{sizes:n,inside:o,last:a}}function so({boxes:t,boxOf:e,edges:n},o){let a=t.map(o),c=n.filter(([p,m])=>a[p]||a[m]),l=a.slice(),
s=[];for(let[p,m]of c)l[p]=l[m]=!0;let i=t.filter((p,m)=>(s[m]=-1,l[m]));i.forEach(p=>{p.beside=!o(p)});let f=0;return l.
forEach((p,m)=>{p&&(s[m]=f++)}),{boxes:i,boxOf:e.map(p=>s[p]),edges:c.map(([p,m])=>[s[p],s[m]])}}function ro(t,e,n,o,a){
let{N:c,ins:l}=t,s=new Int32Array(e.length).fill(-1);e.forEach((E,S)=>{let B=E.parent<0?-1:s[E.parent];s[S]=B>=0?B:a[S]?
-1:S});let i=new Int32Array(e.length).fill(-1),f=[],p=new Int32Array(c);for(let E=0;E<c;E++){let S=s[n[E]],B=S>=0&&o[S]>
1,Y=p[E]=B&&i[S]>=0?i[S]:f.length;Y<f.length?f[Y].node=E:(f.push({key:B?"g"+S:"n"+E,group:B?S:-1,node:E}),B&&(i[S]=Y))}let m=new Set,
x=[];for(let E=0;E<c;E++){let S=l[E],B=p[E];for(let Y=0;Y<S.length;Y++){let H=ct(S[Y])?p[S[Y]]:B,q=H*f.length+B;H!==B&&!m.
has(q)&&(m.add(q),x.push([H,B]))}}let w=f.map(()=>0),$=f.map(()=>[]),L=[];for(let[E,S]of x)w[S]++,$[E].push(S);let k=f.map(
(E,S)=>S).filter(E=>!w[E]).reverse();for(;k.length;){let E=k.pop();L.push(E);for(let S of $[E].reverse())--w[S]||k.push(
S)}let R=[];return L.forEach((E,S)=>{R[E]=S}),{boxes:L.map(E=>f[E]),boxOf:p.map(E=>R[E]),edges:x.map(([E,S])=>[R[E],R[S]]).
sort((E,S)=>E[0]-S[0]||E[1]-S[1])}}var pn={"+":(t,e)=>t+e,"-":(t,e)=>t-e,"*":(t,e)=>t*e,"/":(t,e)=>t/e,"<":(t,e)=>t<e,"<=":(t,e)=>t<=e,">":(t,e)=>t>e,">=":(t,e)=>t>=
e,"==":(t,e)=>t===e,"!=":(t,e)=>t!==e},Jt=Array.isArray;function io(t,e,n){if(typeof t=="number")return t;if(typeof t=="\
string")return e[t];let[o,...a]=t,c=l=>io(l,e,n);return o==="num"?Yt(a[0]):o==="const"?a[1]:o==="neg"?-c(a[0]):o==="if"?
c(c(a[0])?a[1]:a[2]):o==="and"?a.every(c):o==="or"?a.some(c):o==="call"?n[a[0]].f(...a.slice(1).map(c)):o==="**"?n.pow?n.
pow.f(...a.map(c)):c(a[0])**c(a[1]):o==="%"?c(a[0])%c(a[1]):pn[o](c(a[0]),c(a[1]))}function we(t,e,n,o,a){if(typeof t=="\
number")return t;if(typeof t=="string")return e[t]??t;let[c,...l]=t,s=w=>we(w,e,n,o,a);if(c==="const"||c==="num")return t;
if(c==="if"&&n)return s(io(l[0],n,o)?l[1]:l[2]);if(c==="call")return["call",l[0],...l.slice(1).map(s)];let i=[c,...l.map(
s)],[,f,p]=i;if(!a&&c==="neg")return typeof f=="number"?-f:Jt(f)&&f[0]==="neg"?f[1]:i;if(a||!"+-*/**".includes(c))return i;
let m=typeof f=="number"?f:void 0,x=typeof p=="number"?p:void 0;return m!==void 0&&x!==void 0&&"+-*".includes(c)&&c!=="*\
*"?pn[c](m,x):x===("+-".includes(c)?0:1)?f:m===0&&c==="+"||m===1&&c==="*"?p:i}function hn(t){for(let e="";e!==t;)e=t,t=t.
replace(/\([^()]*\)|\[[^\[\]]*\]/g,"");return/[-+*/^%<>=|&,;@·×−⋅]/.test(t)}var co=0,cn=1,cs=2,ls=3,ln=4,ao=5,an=6,
qe=7,lo=8,Bt=9,me={"+":ao,"-":ao,"*":an,"/":an,"%":an,"**":lo,or:cn,and:cs},xe=t=>{if(typeof t=="number")return t<0||Object.
is(t,-0)?qe:Bt;if(typeof t=="string")return Bt;if(!Jt(t))return"name"in t?hn(t.name)?ln:Bt:xe(t.value);let e=t[0];return e===
"neg"?qe:e==="if"?co:e in me?me[e]:e in pn?ls:Bt},fn=t=>typeof t=="number"?xe(t)===qe:Jt(t)?t[0]==="neg"&&typeof t[1]=="\
number":!!t&&"value"in t&&fn(t.value);function mn(t,e){let n=i=>mn(i,e),o=(i,f)=>xe(i)>=f?n(i):e.enclosed(n(i));if(typeof t==
"number")return e.number(t);if(typeof t=="string")return e.name(t);if(!Jt(t))return e.operand(t);let[a,...c]=t,[l,s]=c;if(a===
"num")return e.number(Yt(l));if(a==="const")return e.name(l);if(a==="neg")return e.negative(o(l,fn(l)?Bt:qe));if(a==="ca\
ll")return e.call(l,c.slice(1).map(n),c.slice(1));if(a==="if")return e.choice(o(s,cn),o(l,cn),o(c[2],co));if(a==="and"||
a==="or")return e.joined(c.map(i=>o(i,me[a]+1)),a);if(a in me){let i=me[a],f=a==="**",p=e.tall&&(a==="/"||f),m=fn(s)?Bt:
i+!f;return e.binary(a,a==="/"&&p?n(l):o(l,i+f),p?n(s):o(s,m))}return e.binary(a,o(l,ln),o(s,ln))}var un=t=>Object.is(t,
-0)?"-0":z(t),fs={number:un,name:t=>t,operand:t=>"name"in t?t.name:un(t.value),enclosed:t=>`(${t})`,negative:t=>"-"+t,call:(t,e)=>`${t}\
(${e.join(", ")})`,choice:(t,e,n)=>`${t} if ${e} else ${n}`,joined:(t,e)=>t.join(` ${e} `),binary:(t,e,n)=>`${e} ${t} ${n}`},
Gt=t=>mn(t,fs),$e=t=>xe(t)===Bt&&!(Jt(t)&&t[0]==="**")?Gt(t):`(${Gt(t)})`,dn=t=>t.replace(/[&<>"]/g,e=>({"&":"&amp;","<":"\
&lt;",">":"&gt;",'"':"&quot;"})[e]),$t=t=>`<mo>${t}</mo>`,ft=t=>`<mrow>${t}</mrow>`,St=t=>{let[e,n]=un(t).replace("inf",
"∞").replace(/^-/,"−").split("e");return n?ft(`<mn>${e}</mn>${$t("·")}<msup><mn>10</mn><mn>${Number(n)}</mn></msup>`.
replace(/<mn>-/g,"<mn>−")):`<mn>${e}</mn>`},gn=({name:t,node:e,typeset:n})=>n?`<mrow data-node="${e}">${n}</mrow>`:`<m\
i${t.length>1?' mathvariant="normal"':""} data-node="${e}">${dn(X(t))}</mi>`,fo={tall:!0,number:St,name:t=>`<mi>${{pi:"π"}[t]||
dn(t)}</mi>`,operand:t=>"name"in t?gn(t):`<mrow class="d" data-node="${t.node}">${St(t.value)}</mrow>`,enclosed:t=>ft($t(
"(")+t+$t(")")),negative:t=>ft($t("−")+t),call:(t,e,n)=>t==="sqrt"?`<msqrt>${e[0]}</msqrt>`:t==="exp"?`<msup><mi>e</mi\
>${ft(e[0])}</msup>`:ft(t==="abs"?$t("|")+e[0]+$t("|"):`<mi mathvariant="normal">${dn(t)}</mi>`+$t("(")+e.join($t(","))+
$t(")")),choice:(t,e,n)=>ft(`${t}<mtext> if </mtext>${e}<mtext> else </mtext>${n}`),joined:(t,e)=>ft(t.join(`<mtext> ${e}\
 </mtext>`)),binary:(t,e,n)=>t==="/"?`<mfrac>${ft(e)}${ft(n)}</mfrac>`:t==="**"?`<msup>${ft(e)}${ft(n)}</msup>`:ft(e+$t(
{"*":"·","-":"−","<":"&lt;",">":"&gt;","<=":"≤",">=":"≥","==":"=","!=":"≠"}[t]||t)+n)},ge=t=>mn(t,fo),uo=t=>xe(
t)>=lo||Jt(t)&&t[0]==="/"?ge(t):fo.enclosed(ge(t));function po(t){let{D:e,ops:n,ins:o,plain:a,ROOT:c}=t,l=h=>h===1?["x"]:h===2?["a","b"]:Array.from({length:h},(y,C)=>"x"+(C+
1)),s=h=>({node:h,name:e.name[h],typeset:e.typeset[h]}),i=(h,y,C=s(h))=>{let I={y:C};return l(o[h].length).forEach((Z,g)=>{
I[Z]=ct(o[h][g])?y(o[h][g]):a[h][g]}),I},f=h=>e.rules[e.op[h]],p=h=>we(f(h)[0],i(h,s),null,n,!0),m=(h,y)=>we(f(h)[0],i(h,
C=>({node:C,value:y[C]})),null,n,!0),x=(h,y,C)=>{let I=o[h].flatMap((g,b)=>g===y?[we(f(h)[1+b],i(h,s),i(h,v=>C[v],C[h]),
n)]:[]);if(I.every(g=>typeof g=="number"))return;let Z=I.reduce((g,b)=>["+",g,b]);return Gt(Z).length<=60?Z:void 0},w=h=>e.
op[h]?Gt(p(h)):"",$=h=>/^[\p{L}_][\p{L}\p{N}_]*$/u.test(e.name[h])?e.name[h]:`(${e.name[h]})`,L=h=>`d${$(c)}/d${$(h)}`,k=(h,y)=>`\
∂${$(h)}/∂${$(y)}`,R=h=>gn(s(h)),E=(h,y)=>`<mrow>${h}${hn(e.name[y])?`<mo>(</mo>${R(y)}<mo>)</mo>`:R(y)}</mrow>`,S=(h,y,C,I)=>`\
<mfrac class="${I}">${E(h,y)}${E(h,C)}</mfrac>`,B=h=>S('<mi mathvariant="normal">d</mi>',c,h,"g"),Y=(h,y)=>S("<mo>∂</mo>",
h,y,"s"),H=h=>h.filter((y,C)=>y&&y!==h[C-1]).join(`
`),q=(h,y)=>`<mrow class="${y}">${h<0?`<mo>(</mo>${St(h)}<mo>)</mo>`:St(h)}</mrow>`;function F(h,y,C){let I=C?"?":ot(y[h]),
Z=[e.name[h],w(h),Gt(m(h,y)),I].filter((b,v,N)=>b!==N[v-1]).join(" = "),g=H([R(h),ge(p(h)),ge(m(h,y)),C?"<mo>?</mo>":`<m\
row class="d">${St(y[h])}</mrow>`]);return[Z,g]}function pt(h,y,C,I,Z){let g=I.local[h],b=x(y,C,I.data),v=I.grad[y],N=Z?
"?":z(I.amount[h]),U=[`${L(y)} × ${k(y,C)}`,b&&`${L(y)} × ${$e(b)}`,`${wt(v)} × ${Z?b?$e(b):k(y,C):wt(g)}`,N],P="<mo>\
×</mo>",Q=B(y),G=b&&`<mrow class="s">${uo(b)}</mrow>`,j=[Q+P+Y(y,C),b&&Q+P+G,q(v,"g")+P+(Z?G||Y(y,C):q(g,"s")),Z?"<mo>?\
</mo>":`<mrow class="g">${St(I.amount[h])}</mrow>`];return[U.filter(Boolean).join(" = "),H(j)]}function O(h,y,C,I,Z){let g=I?
[]:[`${z(C.before[h])} + ${wt(C.amount[h])}`],b=`${L(y)} ${Z?"":"so far "}= ${[...g,z(C.after[h])].join(" = ")}`,v=B(y)+
(Z?"":"<mtext> so far</mtext>")+`
`+(I?"":`${St(C.before[h])}<mo>+</mo>${q(C.amount[h],"g")}
`)+`<mrow class="g">${St(C.after[h])}</mrow>`;return[b,v]}return{formula:w,computed:m,valueLine:F,chainLine:pt,sumLine:O,
slope:x,d:L,dMath:B,partial:k}}var d=t=>document.getElementById(t),et=(t,e,n)=>d(t).addEventListener(e,n),u=JSON.parse(d("data").textContent);Gn(u.digits);
u.origins=Object.keys(u.origin).map(Number);var V=Zn(u,OPS),{N:bt,ROOT:W,STEPS:nt,SEED:yt,ins:rt,first:st,uses:qt,born:$n,
stepNode:Pt,stepInput:be,received:Wt}=V,J=po(V),tt=u.groups,{sizes:Zt,inside:bn,last:Ht}=oo(tt,u.home),wn=V.run(st),r={now:0,
R:wn,original:wn,leaves:st.slice(),chosen:W,fresh:!0,slopes:!1,quiz:!!u.quiz,open:tt.map(()=>!1),focus:0,tight:!1,boxes:[],
edges:[],boxOf:new Int32Array(bt)},us=5e3,_t=new Float64Array(bt),Nt=new Int32Array(bt),ho=[],Pe=t=>ho.push(t),at=()=>{for(let t of ho)
t()};function vt(){let t=r.now-1;if(t<0||r.fresh)return{s:t,kind:"",node:-1,target:-1};let e=Pt[t],n=be[t];return{s:t,kind:n===
-1?"forward":n===-2?"seed":"backward",node:e,target:n<0?e:n}}function Qt(t){t=T(0,_(nt,t));let{before:e,after:n}=r.R,{now:o}=r;
for(;o<t;o++){let a=be[o];a===-2&&(_t[W]=1,Nt[W]=1),a>=0&&(_t[a]=n[o],Nt[a]++)}for(;o>t;){let a=be[--o];a===-2&&(_t[W]=0,
Nt[W]=0),a>=0&&(_t[a]=e[o],Nt[a]--)}r.now=t}var it=t=>$n[t]<r.now,ze=t=>Nt[t],mo=t=>_t[t],It=t=>t===W?Nt[t]>0:Nt[t]===qt[t]&&
r.now>yt,yn=t=>it(t)?ot(r.R.data[t]):"?",te=t=>r.tight?he(t):z(t),go=t=>Nt[t]||It(t)?te(_t[t])+(It(t)?"":r.tight?" …":
" so far"):"?",wo=t=>it(t)?Object.is(r.R.data[t],-0)?"-0":te(r.R.data[t]):"?",ee=t=>Nt[t]?z(_t[t])+(It(t)?"":" so far"):
It(t)?"0":"not computed",ye=t=>`value ${yn(t)}`+(u.forward?"":`, gradient ${ee(t)}`),xo=(t,e)=>!u.forward&&it(t)&&(!r.quiz||
Wt(e).some(n=>Pt[n]===t&&n<r.now)),xn=new Set,vn=()=>[...xn].sort((t,e)=>t-e);function kn(t,e){let n=r.now;Qt(0),r.leaves[t]=
e,xn[Object.is(e,st[t])?"delete":"add"](t),r.R=xn.size?V.run(r.leaves):wn,Qt(n)}var ne=t=>t.label||`${u.name[t.closing]}\
 = ${J.formula(t.closing)}`,Fe=t=>`${lt(Zt[t])} Values`,ve=(t,e)=>{for(;t>e;)t=tt[t].parent;return t===e};function $o(){
let t=ro(V,tt,u.home,Zt,r.open);Object.assign(r,r.focus?so(t,e=>ve(u.home[e.node],r.focus)):t)}function je(t){if(!(bt<=us)){
for(;t>0&&(!r.open[t]||r.begun[t]||bn[t]<3);)t=tt[t].parent;r.focus=T(0,t)}}function Ct(t){let e=[];for(let n=u.home[t];n>=
0;n=tt[n].parent)e.unshift(n);return e}var On=8,A=(t,e,n,o)=>{let a=document.createElement(e);return n!==void 0&&(a.textContent=n),o&&(a.className=o),t.append(
a),a},En=(t,e)=>{t.textContent!==e&&(t.textContent=e)};function zt(t,[e,n],o=""){let a=e.split(" = ").some(s=>s.length>36),
c=A(t,"p",void 0,`eq ${a?"long":o}`);A(c,"span",e,"said");let l=A(c,"span");return l.setAttribute("aria-hidden","true"),
l.innerHTML=Sn(n),c}var ds=/<m(frac|su|sqrt|over)/,ps=/<mo>([(),|])<\/mo>/g,Sn=t=>t.split(`
`).map((e,n)=>{let o=(n?'<mo lspace="0" rspace=".3em">=</mo>':"")+e;return ds.test(e)?`<math>${o}</math>`:`<span class="\
flat">${o.replace(ps,"$1")}</span>`}).join(" "),An=t=>xt.test(u.name[t])?`, row ${xt.exec(u.name[t])[1]}`:"",oe=t=>u.named[t]?
"":tt[Ct(t).findLast(e=>e&&tt[e].label&&!/^[Σ∏] of/.test(tt[e].label))]?.label??"",hs=t=>oe(t)?` in ${X(oe(t))}`:"",bo=(t,e)=>`${lt(
t)} ${e}${t===1?"":"s"}`;function yo(){let t=d("line"),{s:e,kind:n,node:o,target:a}=vt();if(t.replaceChildren(),!n){A(t,
"h2","This page"),A(t,"p",`Forward, ${bo(yt,"step")}: every value from the inputs to ${u.name[W]}.`+(u.forward?"":` Back\
ward, ${bo(nt-yt,"step")}: every gradient from it to the inputs.`)),u.advice&&A(t,"p",u.advice,"f");for(let p of u.origins.
slice(0,3))A(t,"p",u.origin[p][1]+".","g");A(t,"p",r.quiz?"Type each number before it is shown; the answer makes the nex\
t step.":r.now?"“play” shows it from the beginning. Press a box to look at it; drag the number of a blue one.":"The \
right arrow key makes the next step.","f hint");return}if(n==="forward"){A(t,"h2",`Forward, step ${lt(e+1)} of ${lt(yt)}${An(
o)}`),zt(t,J.valueLine(o,r.R.data),"big");return}if(A(t,"h2",`Backward, step ${lt(e-yt+1)} of ${lt(nt-yt)}${An(o)}`),n===
"seed"){zt(t,[`${J.d(W)} = 1`,J.dMath(W)+`
<mn>1</mn>`],"big"),A(t,"p","Every gradient starts here: so much the last number changes with itself.");return}let c=Wt(
a)[0]===e,l=It(a),s=qt[a]-ze(a);A(t,"p",`${X(u.name[o])} hands to ${X(u.name[a])} its gradient times the local slope:`);
let[i,f]=J.chainLine(e,o,a,r.R);if(qt[a]===1){zt(t,[`${J.d(a)} = ${i}`,`${J.dMath(a)}
${f}`],"big");return}zt(t,[i,f],"big"),zt(t,J.sumLine(e,a,r.R,c,l)),A(t,"p",l?"That was the last part of the sum.":`${s}\
 more to come.`,"f")}function ms(t){let e=A(t,"button");e.title="go to this step",A(e,"span"),A(e,"b","","g"),A(A(e,"i"),
"i"),A(e,"small")}var vo=()=>{},ko=t=>{vo=t};function Oo(){let t=r.chosen,e=d("chosenname"),n=d("chosenlines"),o=d("cont\
ributions");e.textContent=u.name[t]+hs(t),n.replaceChildren();let{kind:a,target:c}=vt();u.op[t]&&!(a==="forward"&&c===t)&&
zt(n,J.valueLine(t,r.R.data,!it(t)));let l=A(n,"p");u.origin[t]&&r.R===r.original&&A(n,"p",u.origin[t][1]+".","g"),l.append(
"value "),A(l,"b",yn(t),"d"),u.forward||(l.append(", gradient "),A(l,"b",ee(t),"g")),u.remarks[t]&&A(n,"p",u.remarks[t].
join(" "),"remark");let s=Wt(t),i=s.filter($=>$<r.now).sort(($,L)=>D(r.R.amount[L])-D(r.R.amount[$])),f=i.reduce(($,L)=>$+
D(r.R.amount[L]),0),p=i.length?D(r.R.amount[i[0]]):0;i.length>1&&l.append(", the sum of");let m=i.length>1||s.length>1?_(
On,i.length):0,x=o.contains(document.activeElement);for(;o.children.length>m;)o.lastChild.remove();for(;o.children.length<
m;)ms(o);i.slice(0,m).forEach(($,L)=>{let k=Pt[$],R=r.R.amount[$],E=o.children[L],[S,B,Y,H]=E.children,q=Y.firstChild;E.
setAttribute("aria-label",`${J.d(k)} × ${J.partial(k,t)} = ${z(r.R.grad[k])} × ${wt(r.R.local[$])} = ${z(R)}`),En(S,An(
k)?`row ${xt.exec(u.name[k])[1]}: ${X(u.name[k])}`:oe(k)&&oe(k)!==oe(t)?`${X(oe(k))}: ${u.name[k]}`:`through ${X(u.name[k])}`),
En(B,z(R)),q.className=R<0?"minus":"",q.style.width=`${p&&isFinite(p)?100*D(R)/p:0}%`,En(H,f&&isFinite(f)?`${Math.round(
100*D(R)/f)} %`:""),E.onclick=()=>vo($+1)}),x&&!o.contains(document.activeElement)&&(o.lastChild||e).focus(),d("more").textContent=
i.length>On?`and ${lt(i.length-On)} more`:"",d("made").textContent=u.line[t]||"",d("tovalue").hidden=!u.op[t];let w=Ct(t).
filter($=>$>0&&r.open[$]&&Zt[$]>1).pop();d("unfold").hidden=!w,w&&(d("unfold").textContent=`fold ${X(ne(tt[w]))}`,d("unf\
old").dataset.group=w)}var Eo=t=>$n[t]+1,Ao=t=>T((Wt(t).pop()??-1)+1,yt+1);var De=46,gs=12,ws=7,xs=24,$s=6,bs=600;function No(t,e,n,o){let a=o==="down"?null:So(t,e);if(a&&(o||Kt(a,n)>=1))return a;
let c=So(t.map(([s,i])=>[i,s]),e),l={...c,x:c.y,y:c.x,width:c.height,height:c.width,down:!0,routes:c.routes.map(s=>s.map(
([i,f])=>[f,i]))};return!a||Kt(l,n)>Kt(a,n)?l:a}function Co(t,e,n){let o=n-De,a=T(0,...t.columns),c=t.down?"y":"x",l=t.down?
1:0;return{...t,[c]:t[c].map((s,i)=>s+o*t.columns[i]),[t.down?"height":"width"]:t[t.down?"height":"width"]+o*a,routes:t.
routes.map((s,i)=>s.map((f,p)=>{let m=f.slice();return m[l]+=o*(t.columns[e[i][0]]+(p>>1)),m}))}}var Kt=(t,e)=>_(e[0]/T(
t.width,1),e[1]/T(t.height,1));function So(t,e){let n=t.length,o=ys(n,e),a=t.map(g=>g[0]),c=t.map(g=>g[1]),l=o.slice(),s=t.
map(()=>[]),i=t.map(()=>[]),f=new Map,p=(g,b)=>{i[g].push(b),s[b].push(g)};for(let[g,b]of e){f.has(g)||f.set(g,[]);let v=f.
get(g),N=o[b]-o[g];for(;v.length<N-1;){let U=v.length?v[v.length-1]:g,P=l.length;a.push(0),c.push(0),l.push(l[U]+1),s.push(
[]),i.push([]),p(U,P),v.push(P)}p(N>1?v[N-2]:g,b)}let m=l.length,x=new Array(m).fill(0),w=-1;for(let g of l)w=T(w,g);let $=Array.
from({length:w+1},()=>[]),L=()=>{for(let g of $)g.forEach((b,v)=>{x[b]=v})},k=new Array(m).fill(!1);for(let g=0;g<m;g++){
if(i[g].length)continue;let b=[g];for(;b.length;){let v=b.pop();if(!k[v]){k[v]=!0,$[l[v]].push(v);for(let N=s[v].length-
1;N>=0;N--)b.push(s[v][N])}}}L();function R(){let g=0;for(let b=0;b+1<$.length;b++){let v=$[b+1].length,N=new Array(v+1).
fill(0),U=0;for(let P of $[b]){let Q=i[P].map(G=>x[G]);for(let G of Q){let j=0;for(let At=G+1;At;At&=At-1)j+=N[At];g+=U-
j}for(let G of Q){for(let j=G+1;j<=v;j+=j&-j)N[j]++;U++}}}return g}function E(g){let b=g?s:i,v=g?$.slice(1):$.slice(0,-1).
reverse();for(let N of v){let U=new Map;N.forEach((P,Q)=>{let G=0;for(let j of b[P])G+=x[j];U.set(P,b[P].length?G/b[P].length:
Q)}),N.sort((P,Q)=>U.get(P)-U.get(Q)),N.forEach((P,Q)=>{x[P]=Q})}}function S(g,b){let v=0;for(let N of[s,i])for(let U of N[g])
for(let P of N[b])x[U]>x[P]&&v++;return v}function B(g){let b=!0;for(let v=0;b&&v<8;v++){b=!1;for(let N of $)for(let U=0;U+
1<N.length;U++){let P=N[U],Q=N[U+1],G=S(P,Q),j=S(Q,P);(j<G||g&&j===G)&&(N[U]=Q,N[U+1]=P,x[P]=U+1,x[Q]=U,b=b||j<G)}}}let Y=$.
map(g=>g.slice()),H=R();for(let g=0,b=0;g<xs&&H&&b<$s;g++){b++,E(g%2===0),m<=bs&&(B(g%4<2),B(!1));let v=R();v<H&&(Y=$.map(
N=>N.slice()),H=v,b=0)}$=Y,L();let q=(g,b)=>(c[g]+c[b])/2+(g<n&&b<n?gs:ws),F=new Array(m).fill(0);for(let g of $){let b=0;
g.forEach((v,N)=>{b+=N?q(g[N-1],v):0,F[v]=b})}for(let g=0;g<6;g++)for(let b of g%2===0?$.slice().reverse():$){let v=[],N=[],
U=[],P=[],Q=0;b.forEach((j,At)=>{Q+=At?q(b[At-1],j):0,v.push(Q);let de=g%2===0?i[j]:s[j],sn=de.length&&g<2?de:s[j].concat(
i[j]),Kn=0;for(let pe of sn)Kn+=F[pe];let Le=(sn.length?Kn/sn.length:F[j])-Q,Re=j>=n?4:1,Un=1;for(;N.length&&N[N.length-
1]>Le;){let pe=U.pop();Le=(N.pop()*pe+Le*Re)/(pe+Re),Re+=pe,Un+=P.pop()}N.push(Le),U.push(Re),P.push(Un)});let G=0;N.forEach(
(j,At)=>{for(let de=0;de<P[At];de++,G++)F[b[G]]=j+v[G]})}let pt=1/0;for(let g=0;g<m;g++)pt=_(pt,F[g]-c[g]/2);m||(pt=0),F=
F.map(g=>g-pt);let O=[],h=[],y=0,C=0;for(let g of $){let b=0;for(let v of g)b=T(b,a[v]);O.push(y),h.push(y+b),y+=b+De}for(let g=0;g<
m;g++)C=T(C,F[g]+c[g]/2);let I=o.map(g=>(O[g]+h[g])/2),Z=e.map(([g,b])=>[[I[g]+t[g][0]/2,F[g]],[h[o[g]],F[g]],...f.get(g).
slice(0,T(0,o[b]-o[g]-1)).flatMap(v=>[[O[l[v]],F[v]],[h[l[v]],F[v]]]),[O[o[b]],F[b]],[I[b]-t[b][0]/2,F[b]]]);return{x:I,
y:F.slice(0,n),columns:o,routes:Z,width:$.length?h[$.length-1]:0,height:C,crossings:H,down:!1}}function ys(t,e){let n=Array.
from({length:t},()=>[]),o=Array.from({length:t},()=>[]);for(let[s,i]of e)n[i].push(s),o[s].push(i);let a=new Array(t).fill(
0),c=0,l=1/0;for(let s=0;s<t;s++){for(let i of n[s])a[s]=T(a[s],a[i]+1);c=T(c,a[s])}for(let s=t-1;s>=0;s--){let i=o[s].length?
1/0:c;for(let f of o[s])i=_(i,a[f]-1);a[s]=i}for(let s=0;s<t;s++){if(n[s].length>o[s].length&&n[s].every(i=>o[i].length>
1)){let i=0;for(let f of n[s])i=T(i,a[f]+1);a[s]=i}l=_(l,a[s])}return a.map(s=>s-l)}var Be=76,Nn=new Map;function Lo(t){if(t<0||!/(^|= )[Σ∏] of/.test(tt[t].label))return[];if(Nn.has(t))return Nn.get(t);
let e=[],n=[Ht[t]];for(Nn.set(t,e);n.length&&e.length<60;){let o=n.pop();u.home[o]===t?n.push(...[...V.operands(o)].reverse()):
e.push(o)}return e}function Ro(t,e){let n=t.map(c=>r.R.data[c]).map(c=>isFinite(c)?c:0),o=T(...n.map(D))||1,a=_(7,(Be-14)/
n.length);return n.map((c,l)=>`M${e+l*a} 14v${-11*c/o}h${T(1,a-1)}v${11*c/o}z`).join("")}var Ln=46,ke=7.9,Ut=11,vs=12,ks=32,se=11.2/13,Os="http://www.w3.org/2000/svg",Es=matchMedia("(prefers-reduced-motion:red\
uce)"),M=(t,e,n={},o)=>{let a=document.createElementNS(Os,t);for(let c in n)a.setAttribute(c,n[c]);return o!==void 0&&(a.
textContent=o),e.append(a),a},Lt=d("picture"),Mo=null,Rt=()=>Mo??=Lt.getBoundingClientRect(),In=()=>{Mo=null};new ResizeObserver(
In).observe(Lt);var _e=new Map,We=new Map,Rn=()=>{},Ft=null,Io=t=>{Rn=t};function qo(){for(let t of[u.boxes,30,22,16,11]){
Object.assign(r,{open:no(tt,bn,t),boxes:[],way:void 0,tight:!1});let e=Kt(Mn(),Tn());if(e>=se||(r.tight=!0,r.way=void 0,
e>.6*se&&Kt(Mn(),Tn())>=se))break}Object.assign(r,{boxes:[],begun:r.open.slice()}),Ee()}var Tn=()=>{let{width:t,height:e}=Rt();
return[t-30,e-36]};function Mn(){$o();for(let s of r.boxes){let i=s.node,f=tt[s.group],p=u.op[i]?J.formula(i):"";s.label=
f?`${ne(f)}: ${Fe(s.group)}, press to open`:u.name[i]+(p&&` = ${p}`),s.steps=!f&&qt[i]>1&&qt[i]<=40?Wt(i):[],s.whole=!f||
f.closing>=0,s.terms=Lo(s.group),[s.name,s.named,s.rest]=f&&f.label?[X(f.label),!0,""]:[X(u.name[i]),u.named[i],p&&As(u.
name[i],p)],s.mark=f?u.origins.some(w=>ve(u.home[w],s.group))?"  not finite inside":"":u.origin[i]?`  ${u.origin[i][0]}`:
"";let m=u.forward?0:te(r.R.grad[i]).length+(qt[i]>1&&(r.tight?2:7))+8,x=s.whole?te(r.R.data[i]).length+m:Fe(s.group).length;
s.remark=s.whole&&u.remarks[i]||[],s.high=Ln+15*s.remark.length,s.wide=T(...s.remark.map(w=>Ie(w)*ke),Ie(s.name+s.rest+s.
mark)*ke+(s.terms.length>1&&Be),x*ke)+2*Ut}let t=Tn(),e=r.boxes.length<=vs,n=s=>t[s==="down"?1:0],o=s=>No(r.boxes.map(i=>[
i.wide,i.high+s]),r.edges,t,r.way),a=o(e?14:0);e&&Kt(a,t)<1&&(a=o(0)),r.way=a.down?"down":"right";let c=T(1,...a.columns),
l=n(r.way)-(a.down?a.height:a.width);return a=Co(a,r.edges,T(ks,_(e?90:62,De+l/c))),r.boxes.forEach((s,i)=>{s.x=a.x[i],s.
y=a.y[i]}),a}function Ee(){let{boxes:t,boxOf:e}=r;Ss(Mn(),t.length&&(n=>t[e[n]])),document.querySelector("#legend .folde\
d").hidden=r.boxes.every(n=>n.group<0)}function As(t,e){let n=/^\w+\[\d+\]\[\d+\]\./.exec(t.replace(xt,"")),o=e.replace(
/row \d+: /g,"").replace(/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g,"[$1][$2]");return" = "+X(n?o.replaceAll(n[0],"."):o)}var To=(t,e,n)=>{
t.style.transform=`translate(${n.x-e.wide/2}px,${n.y-e.high/2}px)`};function Ss(t,e){let n=new Map;for(let o of r.boxes){
let a=_e.get(o.key)||Ns(o);_e.delete(o.key),n.set(o.key,a),o.element=a,[o.value,o.gradient]=a.querySelectorAll("tspan.da\
ta,tspan.grad");for(let c of a.querySelectorAll("rect.body,rect.back"))c.setAttribute("width",o.wide);a.querySelector("r\
ect.ring").setAttribute("width",o.wide+12),e&&To(a,o,e(o.node)??o),(a.parentNode!==d("boxes")||a.nextSibling)&&d("boxes").
append(a)}for(let o of _e.values())o.remove();_e=n,e&&Lt.getBoundingClientRect();for(let o of r.boxes)To(o.element,o,o);
d("edges").replaceChildren(),d("notes").replaceChildren(),We=new Map,r.edges.forEach(([o,a],c)=>{let l=t.routes[c],[s,i]=l[0],
f=`M${s} ${i}`,[p,m]=l[0];for(let[H,q]of l.slice(1)){let F=(s+H)/2,pt=(i+q)/2;f+=s===H||i===q?`L${H} ${q}`:t.down?`C${s}\
 ${pt} ${H} ${pt} ${H} ${q}`:`C${F} ${i} ${F} ${q} ${H} ${q}`,[s,i]=[H,q]}let x=`M${s} ${i}`+(t.down?"m-4 -8l4 8l4 -8":"\
m-8 -4l8 4l-8 4"),w=`M${p} ${m}`+(t.down?"m-4 8l4 -8l4 8":"m8 -4l-8 4l8 4"),$=M("path",d("edges"),{class:"edge",d:f+x}),
[L,k]=l.slice(-3),R=r.boxes[o].group<0&&r.boxes[a].group<0,E=r.edges.some(([H,q])=>q===a&&H!==o),S=L[0]<k[0]-1,B=t.down?
S===E?-1:1:0,Y=R&&M("text",d("notes"),{class:"note","text-anchor":["end","middle","start"][B+1],x:(L[0]+k[0])/2+8*B,y:(L[1]+
k[1])/2+(B?4:-6)});We.set(o*r.boxes.length+a,{u:o,v:a,line:$,path:f,there:x,back:w,note:Y,way:x,middle:[(L[0]+k[0])/2,(L[1]+
k[1])/2]})})}function Ns(t){let e=t.group<0&&!u.op[t.node],n=t.group>=0,o=M("g",d("boxes"),{class:`box${e?" leaf":""}${n?
" fold":""}`,tabindex:0,role:"button"});o.dataset.key=t.key,M("title",o),M("rect",o,{class:"ring",x:-6,y:-6,height:t.high+
12,rx:11}),n&&M("rect",o,{class:"back",x:4,y:4,height:t.high,rx:7}),M("rect",o,{class:"body",height:t.high,rx:7});let a=t.
whole&&u.colours[t.node];a&&(o.classList.add("own"),o.style.setProperty("--own",a));let c=M("text",o,{x:Ut,y:19});M("tsp\
an",c,{class:t.named?"name":"how"},t.name),M("tspan",c,{class:"how"},t.rest),t.mark&&M("tspan",c,{class:"mark"},t.mark);
let l=M("text",o,{x:Ut,y:36,lengthAdjust:"spacingAndGlyphs"});return t.whole?(M("tspan",l,{class:"data"}),M("tspan",l,{class:"\
how"},u.forward?"":"  grad "),M("tspan",l,{class:"grad"})):M("tspan",l,{class:"how"},Fe(t.group)),t.remark.forEach((s,i)=>M(
"text",o,{class:"remark",x:Ut,y:53+15*i},s)),M("g",o,{class:"parts"}),o.addEventListener("click",()=>{He||Rn(t.key)}),o.
addEventListener("keydown",s=>{s.key!=="Enter"&&s.key!==" "||(Rn(t.key),s.preventDefault(),s.stopPropagation())}),o}var re=t=>ht(
t).element;function Po(){let{s:t,kind:e,node:n,target:o}=vt(),a=r.quiz&&r.now<V.STEPS?r.now:-1,c=a<0?-1:V.stepInput[a]<0?
Pt[a]:V.stepInput[a],l=e==="forward"?new Set(rt[n].filter(s=>typeof s=="number").map(s=>r.boxOf[s])):new Set;r.boxes.forEach(
(s,i)=>{let f=s.node,p=s.element.classList,m={now:o>=0&&r.boxOf[o]===i,back:o>=0&&r.boxOf[o]===i&&e!=="forward",sender:e===
"backward"&&r.boxOf[n]===i&&r.boxOf[o]!==i,feeds:l.has(i)&&r.boxOf[n]!==i,asked:c>=0&&r.boxOf[c]===i,chosen:r.boxOf[r.chosen]===
i&&s.group<0,later:!it(f),wrong:s.mark&&r.R===r.original,beside:!!s.beside};for(let w in m)p.toggle(w,!!m[w]);let x=s.label+
(m.wrong?`;${s.mark}`:"");if(s.value){let w=wo(f),$=u.forward?"":go(f);if(x+=[`
${ye(f)}`,...s.remark].join(`
`),s.value.textContent!==w||s.gradient.textContent!==$){s.value.textContent=w,s.gradient.textContent=$;let L=s.value.parentNode,
k=s.wide-2*Ut;Ie(L.textContent)*ke>k+2?L.setAttribute("textLength",k):L.removeAttribute("textLength")}s.value.classList.
toggle("changed",!u.op[f]&&!Object.is(r.leaves[f],V.first[f]))}u.line[f]&&s.group<0&&(x+=`
`+u.line[f]),s.title!==x&&(s.element.firstChild.textContent=s.title=x,s.element.setAttribute("aria-label",x.replaceAll(`\

`,"; "))),Cs(s)});for(let s of We.values()){let{u:i,v:f,line:p,note:m}=s,x=r.boxes[i].node,w=r.boxes[f].node,$=e==="back\
ward"&&r.boxOf[o]===i&&r.boxOf[n]===f;p.classList.toggle("now",$),p.classList.toggle("ahead",e==="forward"&&r.boxOf[n]===
f&&l.has(i)&&rt[n].some(S=>typeof S=="number"&&r.boxOf[S]===i));let L=$?s.back:s.there;if(L!==s.way&&p.setAttribute("d",
s.path+(s.way=L)),!m)continue;let k=rt[w].filter(S=>S===x).length,R=r.slopes&&xo(w,x),E=$?"":R?te(V.localOf(w,x,r.R.data)):
k>1?`used ${k}×`:"";m.textContent!==E&&(m.textContent=E),m.classList.toggle("slope",R)}Ls(e==="backward"&&r.boxOf[n]!==
r.boxOf[o]?We.get(r.boxOf[o]*r.boxes.length+r.boxOf[n]):null,t),ht(o)&&Ae(ht(o)),Tt()}function Cs(t){let{steps:e}=t,n=t.
terms.length>1&&t.terms.every(it),o=e.length&&r.now>V.SEED,a=n?1:o?e.filter(m=>m<r.now).length:-1,c=!r.fresh&&e.includes(
r.now-1);if(t.done===a&&t.last===c&&t.run===r.R)return;Object.assign(t,{done:a,last:c,run:r.R});let l=t.element.querySelector(
".parts");if(l.replaceChildren(),n&&M("path",l,{class:"spark",d:Ro(t.terms,t.wide-Be+4)}),n||a<0)return;let s=e.map(m=>D(
r.R.amount[m])),i=s.reduce((m,x)=>m+x,0);if(!isFinite(i)||!i)return;let f=Ut,p=t.wide-2*Ut;M("rect",l,{class:"track",x:f,
y:Ln-6,width:p,height:4}),e.forEach((m,x)=>{let w=p*s[x]/i;m<r.now&&w>.4&&M("rect",l,{class:`part${r.R.amount[m]<0?" min\
us":""}${c&&m<r.now-1?" before":""}`,x:f+.5,y:Ln-6,width:T(.4,w-1),height:4}),f+=w})}var Cn=0;function Ls(t,e){let n=d("\
pill");if(cancelAnimationFrame(Cn),n.replaceChildren(),!t){n.dataset.step="";return}let o=Jn(r.R.amount[e]),a=o.length*ke+
14,c=n.dataset.step===String(e);M("rect",n,{x:-a/2,y:-11,width:a,height:22,rx:11}),M("text",n,{"text-anchor":"middle",y:4.5},
o);let l=(m,x)=>n.setAttribute("transform",`translate(${m} ${x})`);if(n.dataset.step=e,l(...t.middle),Es.matches||c||document.
hidden)return;let s=performance.now(),{line:i,middle:f}=t,p=m=>{t.long??=i.getTotalLength()-18;let x=k=>i.getPointAtLength(
t.long*k),w=k=>{let R=x(k);return Math.hypot(R.x-f[0],R.y-f[1])};t.rest??=Array.from({length:20},(k,R)=>R/20).reduce((k,R)=>w(
R)<w(k)?R:k);let $=_(1,T(0,(m-s)/600)),L=x(1-(1-t.rest)*(1-(1-$)**2));$<1?(l(L.x,L.y),Cn=requestAnimationFrame(p)):l(...f)};
Cn=requestAnimationFrame(p)}function qn(t,e,n=()=>[]){let o=ht(e)??r.boxes[0],a=o.x*K+ut,c=o.y*K+dt;t(),Ee();let l=ht(e);
ut=a-l.x*K,dt=c-l.y*K,K<se&&ae(se/K,a,c),at();let{width:s,height:i}=Rt(),f=([m,x,w,$])=>(x-m)*K<s-20&&($-w)*K<i-80,p=n();
f(jt(r.boxes))?Rs():p.length&&f(jt(p))?Fo(jt(p)):r.focus?Xt(e):Ae(l),Tt(!0)}function zo(t){let e=Ct(t),n=e.filter(a=>!r.
open[a]),o=ht(t);(n.length||!o)&&qn(()=>{for(let a of n)r.open[a]=!0;je(e[e.length-1])},o?o.node:t)}var ht=t=>r.boxes[r.
boxOf[t]],K=1,ut=0,dt=0,He=!1,Oe=new Map,jt=t=>{let e=(n,o,a)=>n*T(...t.map(c=>n*c[o]+c[a]/2));return[e(-1,"x","wide"),e(
1,"x","wide"),e(-1,"y","high"),e(1,"y","high")]};function Tt(t){let{width:e,height:n}=Rt();if(r.boxes.length&&e){let[o,a,
c,l]=jt(r.boxes),s=60;ut=_(e-s-o*K,T(s-a*K,ut)),dt=_(n-s-c*K,T(s-l*K,dt))}t!==void 0&&d("view").classList.toggle("glide",
t),d("view").style.transform=`translate(${ut}px,${dt}px) scale(${K})`}function ae(t,e,n){let{width:o,height:a}=Rt();e??=
o/2,n??=a/2;let c=T(.02,_(4,K*t));ut=e-(e-ut)*c/K,dt=n-(n-dt)*c/K,K=c,Tt(!1)}function Rs(){let{width:t,height:e}=Rt(),[n,
o,a,c]=jt(r.boxes);ut=(t-(n+o)*K)/2,dt=(e-(a+c)*K)/2}function Xt(t,e=se,n=r.boxes){In();let{width:o,height:a}=Rt(),[c,l,
s,i]=jt(n),f=ht(t)??r.boxes[0];K=T(e,.02,_(1.8,(o-40)/(l-c),(a-46)/(i-s)));let p=(m,x,w,$)=>(w-x)*K<=m-20?(m-(x+w)*K)/2:
_(20-x*K,T(m-20-w*K,m/2-$*K));ut=p(o,c,l,f.x),dt=p(a,s,i,f.y),Tt(!0)}var Pn=()=>Xt(W,0),Ae=t=>Fo(jt([t]));function Fo([t,
e,n,o]){let{width:a,height:c}=Rt(),l=d("crumbs").hidden?14:44,s=(p,m,x,w)=>m-p>w-x?(x+w-p-m)/2:T(0,x-p)+_(0,w-m),i=s(t*K+
ut,e*K+ut,12,a-12),f=s(n*K+dt,o*K+dt,l,c-14);!i&&!f||(ut+=i,dt+=f,Tt(!0))}function Ke(){In(),Ee(),at(),Xt(r.chosen)}var jo=()=>{},
Do=t=>{jo=t};Lt.addEventListener("wheel",t=>{if(document.documentElement.scrollHeight>innerHeight&&!t.ctrlKey)return;t.preventDefault();
let e=Rt();ae(Math.exp(-t.deltaY*.0015),t.clientX-e.left,t.clientY-e.top)},{passive:!1});Lt.addEventListener("pointerdow\
n",t=>{He=!1;let e=t.target.closest(".box.leaf .data");if(e&&!Oe.size&&!r.quiz&&!u.fixed){let n=Number(e.closest(".box").
dataset.key.slice(1)),o=r.leaves[n];isFinite(o)&&(Ft={id:t.pointerId,i:n,from:t.clientX,x:o,unit:(D(V.first[n])||1)/100})}
Oe.set(t.pointerId,{start:t,last:t})});addEventListener("pointermove",t=>{let e=Oe.get(t.pointerId);if(!e)return;Math.hypot(
t.clientX-e.start.clientX,t.clientY-e.start.clientY)>4&&(He=!0);let{last:n}=e;if(e.last=t,!He)return;if(Ft&&Ft.id===t.pointerId){
jo(Ft.i,Number((Ft.x+Math.round(t.clientX-Ft.from)*Ft.unit).toPrecision(6)));return}let o=[...Oe.values()].filter(a=>a!==
e);if(o.length){let a=Rt(),c=o[0].last,l=s=>Math.hypot(s.clientX-c.clientX,s.clientY-c.clientY)||1;ae(l(t)/l(n),c.clientX-
a.left,c.clientY-a.top)}else ut+=t.clientX-n.clientX,dt+=t.clientY-n.clientY,Tt(!1)});for(let t of["pointerup","pointerc\
ancel"])addEventListener(t,e=>{Oe.delete(e.pointerId),Ft=null});addEventListener("beforeprint",()=>{let[t,e,n,o]=jt(r.boxes);
Lt.setAttribute("viewBox",`${t-9} ${n-9} ${e-t+18} ${o-n+18}`),d("view").style.transform=""});addEventListener("afterpri\
nt",()=>{Lt.removeAttribute("viewBox"),Tt()});var Bo=33,Ts=4e3,zn=()=>!u.op[r.chosen],_o=()=>D(st[r.chosen])||1;function Se(t,e){r.chosen=t,Ue(""),kn(t,e),at()}var Ue=t=>{
d("trouble").textContent=t,d("value").setAttribute("aria-invalid",!!t)};function Wo(){let t=r.chosen,e=vn();if(d("whatif").
hidden=r.quiz||!!u.fixed||!zn()&&!e.length,d("try").hidden=!zn(),d("whatif").hidden)return;let n=d("chips").contains(document.
activeElement);d("chips").replaceChildren();for(let s of e){let i=A(d("chips"),"button",`${X(u.name[s])} ${ot(st[s])} → ${ot(
r.leaves[s])} ✕`);i.setAttribute("aria-label",`put ${u.name[s]} back from ${ot(r.leaves[s])} to ${ot(st[s])}`),i.onclick=
()=>Se(s,st[s])}e.length>1&&(A(d("chips"),"button","put all back").onclick=()=>{for(let s of e)kn(s,st[s]);at()}),n&&(d(
"chips").firstChild||d("value")).focus();let o=r.original.data[W],a=r.R.data[W],c=to(r.original,st,r.leaves,e),l=X(u.name[W]);
if(e.length){let s=e.slice(0,4).map(i=>`${z(r.original.grad[i])} × ${wt(r.leaves[i]-st[i])}`).join(" + ")+(e.length>4?"\
 + …":"");d("tangent").textContent=`${l} = ${ot(a)} instead of ${ot(o)}: it changes by ${z(a-o)}.`+(u.forward?"":` The\
 gradients say ${s} = ${z(c)}.`)}else d("tangent").textContent=`Type another number, or a change such as +0.1, or drag i\
t: what becomes of ${l}?`;zn()&&(d("whatname").textContent=`${X(u.name[t])} =`,document.activeElement!==d("value")&&(d("\
value").value=ot(r.leaves[t]),Ue("")),d("less").disabled=d("greater").disabled=!isFinite(st[t]),Ms(t))}function Ms(t){let e=d(
"curve"),n=r.leaves[t];if(e.replaceChildren(),d("curvebox").hidden=bt>Ts||!isFinite(n)||!isFinite(r.R.data[W])||t===W,d(
"curvebox").hidden)return;let o=T(_o(),1.25*D(n-st[t])||0),a=300,c=120,l=st[t]-o,s=st[t]+o,i=Array.from({length:Bo},(q,F)=>l+
(s-l)*F/(Bo-1)),f=V.curve(r.leaves,t,i),p=f.filter(isFinite);if(p.length<2){d("curvebox").hidden=!0;return}let m=_(...p),
x=T(...p);x-m<1e-12*T(1,D(x))&&(m-=1,x+=1);let w=q=>8+(a-16)*(q-l)/(s-l),$=q=>c-10-(c-20)*(q-m)/(x-m),L=(q,F)=>M("path",
e,{class:q,d:F}),k="",R=!1;i.forEach((q,F)=>{R=isFinite(f[F])?(k+=`${R?"L":"M"}${w(q).toFixed(1)} ${$(f[F]).toFixed(1)}`,
!0):!1});let E=r.R.grad[t],S=r.R.data[W];L("axis",`M8 ${c-2}H${a-8}`),isFinite(E)&&!u.forward&&L("tan",`M${w(l)} ${$(S+E*
(l-n))}L${w(s)} ${$(S+E*(s-n))}`),L("fun",k);let B=(q,F,pt)=>M("circle",e,{class:q,cx:w(F),cy:$(pt),r:4});n!==st[t]&&vn().
length===1&&isFinite(r.original.data[W])&&B("ghost",st[t],r.original.data[W]),B("dot",n,S);let Y=X(u.name[W]),H=X(u.name[t]);
d("curvesays").textContent=`${Y} over ${H}, from ${z(l)} to ${z(s)}`+(u.forward?"":`; dashed: its tangent here, slope ${z(
E)}`),e.setAttribute("aria-label",d("curvesays").textContent)}function Ho(){et("value","input",()=>{let e=d("value").value,
n=Te(e);n===void 0?Ue(Me(e)):Se(r.chosen,/^ *\+/.test(e)?st[r.chosen]+n:n)}),et("value","blur",()=>{d("value").value=ot(
r.leaves[r.chosen]),Ue("")});let t=e=>()=>Se(r.chosen,Number((r.leaves[r.chosen]+e*_o()).toPrecision(12)));et("less","cl\
ick",t(-.1)),et("greater","click",t(.1))}var kt=d("net"),Ve=kt.firstElementChild,Vt=[...kt.querySelectorAll(".neuron")],Fn=[...kt.querySelectorAll("line[data-n]")],
le=t=>Number(t.dataset.n??t.dataset.bias??NaN),Ko=t=>r.R.data[t]<0?"minus":"plus",Mt=null;function Uo(t){let e=D(t);return!isFinite(
t)||!e?z(t):e<.005||e>=9999.5?t.toExponential(0).replace("e+","e"):String(Number(t.toFixed(e<9.995?2:e<99.95?1:0)))}var mt=new Map,
Ye=new Set(u.network?.weights);for(let t of[...Fn,...Vt])for(let e of[t.dataset.n,t.dataset.bias])e&&mt.set(Number(e),t);
for(let t of Vt){let e=t.dataset.bias&&t.dataset.n?[...rt[t.dataset.n]]:[];for(;e.length;){let n=e.pop();if(!ct(n)||mt.has(
n))continue;let o=rt[n].find(a=>Ye.has(a));mt.set(n,o===void 0?t:mt.get(o)),o===void 0&&e.push(...rt[n])}}function Vo(){
if(kt.hidden)return;let{largest:t,widest:e}=Ve.dataset,{kind:n,node:o,target:a}=vt(),c=n?[mt.get(o),mt.get(a)]:[],l=c.find(
s=>Ge.get(s));l&&(Mt=l);for(let s of Fn){let i=le(s),f=D(r.R.data[i])/t;s.setAttribute("class",`${Ko(i)}${c.includes(s)?
n==="forward"?" ahead":" now":""}`),s.setAttribute("stroke-width",.4+(e-.4)*_(2,f)),s.setAttribute("opacity",_(1,.2+.7*f)),
s.firstChild.textContent=`${u.name[i]}: ${ye(i)}`}for(let s of Vt){if(s.classList.toggle("now",c.includes(s)&&n!=="forwa\
rd"),s.classList.toggle("ahead",c.includes(s)&&n==="forward"),s.classList.toggle("chosen",s===Mt),!s.dataset.n)continue;
let i=le(s),f=s.querySelector(".tint"),p=s.querySelector(".value"),m=s.querySelector(".grad");p.textContent=it(i)?Uo(r.R.
data[i]):"?",m.textContent=ze(i)?Uo(mo(i)):It(i)?"0":"",f.setAttribute("class","tint "+Ko(i)),f.setAttribute("fill-opaci\
ty",it(i)?_(.36,s.dataset.tint*D(r.R.data[i])):0),s.classList.toggle("dead",Xo(s)),s.firstChild.textContent=`${s.dataset.
name}, ${ye(i)}`,s.setAttribute("aria-label",s.firstChild.textContent+(Xo(s)?", its activation passes nothing back":""))}
Yo()}function Is(t){let e=t.dataset.n===void 0?-1:Number(t.dataset.n),n=t.dataset.bias;if(n===void 0||e<0)return null;let o=i=>ct(
i)&&u.op[i]==="add",a=o(e)?e:rt[e].find(o)??e,c=[],l=[a];for(;l.length;){let i=l.pop();for(let f of[...rt[i]].reverse())
!ct(f)||f===Number(n)||(o(f)&&mt.get(f)===t?l.push(f):rt[f].some(p=>Ye.has(p))&&c.push(f))}let s=c.map(i=>{let f=rt[i].find(
p=>Ye.has(p));return{product:i,weight:f,given:rt[i].find(p=>p!==f)??f}});return s.sort((i,f)=>u.network.weights.indexOf(
i.weight)-u.network.weights.indexOf(f.weight)),{output:e,sum:a,bias:Number(n),rows:s}}var jn=t=>t.output===t.sum?1:V.localOf(
t.output,t.sum,r.R.data);function Xo(t){let e=Ge.get(t);return!!e&&e.output!==e.sum&&it(e.output)&&jn(e)===0}var Ge=new Map(
Vt.map(t=>[t,Is(t)]));function Yo(){let t=d("card"),e=Mt&&Ge.get(Mt);if(d("cardbox").hidden=kt.hidden||!e,d("chosen").hidden=
!d("cardbox").hidden&&!!u.op[r.chosen],d("cardbox").hidden)return;t.replaceChildren(),d("cardname").textContent=Mt.dataset.
name;let n=i=>it(i)?ot(r.R.data[i]):"?",o=A(t,"table"),a=A(o,"tr"),c=T(...[...e.rows.map(i=>i.product),e.bias].map(i=>D(
r.R.data[i])))||1;for(let i of["from","input × weight","",""])A(a,"th",i);let l=(i,f,p)=>{let m=A(o,"tr"),x=r.R.data[p];
A(m,"td",i),A(m,"td",f),A(m,"td",n(p),"d");let w=A(m,"td",void 0,"bar"),$=A(w,"i",void 0,x<0?"minus":"plus");$.style.width=
`${it(p)?50*D(x)/c:0}%`};e.rows.slice(0,24).forEach((i,f)=>{let p=ct(i.given),m=p?r.R.data[i.given]:Number(i.given[0]),x=p&&
mt.get(i.given)?mt.get(i.given).dataset.name??X(u.name[i.given]):`input ${f}`,w=he(r.R.data[i.weight]);l(x.replace(/ of layer .*/,
""),`${p&&!it(i.given)?"?":he(m)} × ${w[0]==="-"?`(${w})`:w}`,i.product)}),e.rows.length>24&&A(A(o,"tr"),"td",`and ${e.
rows.length-24} more`),l("bias","",e.bias);let s=A(o,"tr",void 0,"total");if(A(s,"td","sum"),A(s,"td",""),A(s,"td",n(e.sum),
"d"),A(s,"td",""),e.output!==e.sum){let i=u.op[e.output];zt(t,[`${i}(${n(e.sum)}) = ${n(e.output)}`,`<mi mathvariant="no\
rmal">${i}</mi><mo>(</mo><mn>${n(e.sum).replace("-","−")}</mn><mo>)</mo>
<mrow class="d"><mn>${n(e.output).replace("-","−")}</mn></mrow>`],"big"),it(e.output)&&(Ps(t,e,i),u.forward||A(t,"p",qs(
e,i)))}else A(t,"p","It has no activation: it gives the sum.","f");zs(t,e.output),u.forward||A(t,"p",`gradient of its ou\
tput ${ee(e.output)}${e.output===e.sum?"":`, of its sum ${ee(e.sum)}`}`,"g")}function qs(t,e){let n=jn(t),o=z(r.R.data[t.
sum]);return n===0?`${e} is shut at ${o}: its slope is 0, and it passes nothing back to its weights.`:D(n)<.05?`${e} is \
flat at ${o} (saturated): its slope is ${z(n)}, and hardly anything is passed back.`:`The slope of ${e} at ${o} is ${z(n)}\
: so much of the gradient is passed back.`}function Ps(t,e,n){let o=r.R.data[e.sum],a=k=>V.ops[n].f(...rt[e.output].map(
(R,E)=>R===e.sum?k:ct(R)?r.R.data[R]:V.plain[e.output][E]));if(!isFinite(o))return;let c=T(3,1.3*D(o)),l=Array.from({length:61},
(k,R)=>c*(R/30-1)),s=l.map(a);if(!s.every(isFinite))return;let i=_(...s,0),f=T(...s,.1),p=k=>150+140*k/c,m=k=>90-80*(k-i)/
(f-i),x=M("svg",t,{viewBox:"0 0 300 100",class:"curve",role:"img","aria-label":`${n}, at ${z(o)}`});M("path",x,{class:"a\
xis",d:`M8 ${m(0)}H292M150 6V96`}),M("path",x,{class:"fun",d:"M"+l.map((k,R)=>`${p(k).toFixed(1)} ${m(s[R]).toFixed(1)}`).
join("L")});let w=jn(e),$=r.R.data[e.output],L=.3*c;u.forward||M("path",x,{class:"tan",d:`M${p(o-L)} ${m($-w*L)}L${p(o+L)}\
 ${m($+w*L)}`}),M("circle",x,{class:"dot",cx:p(o),cy:m($),r:4.5})}var ie=Vt.filter(t=>t.dataset.n&&!t.dataset.bias).map(
le),ce=24,Xe={};function zs(t,e){if(ie.length!==2||V.N>4e3||ie.some(s=>u.op[s]||!isFinite(r.R.data[s])))return;let n=1.5*
T(1,...ie.map(s=>D(r.R.data[s]))),o=s=>n*((2*s+1)/ce-1);if(Xe.run!==r.R||Xe.output!==e){let s=r.leaves.slice(),i=document.
createElement("canvas"),f=i.getContext("2d"),p=[];i.width=i.height=ce;for(let x=0;x<ce;x++)for(let w=0;w<ce;w++)s[ie[0]]=
o(w),s[ie[1]]=-o(x),p.push(V.valuesOf(s)[e]);let m=T(...p.map(D))||1;p.forEach((x,w)=>{f.fillStyle=x<0?"#d55e00":"#0072b\
2",f.globalAlpha=D(x)/m||0,f.fillRect(w%ce,Math.floor(w/ce),1,1)}),Xe={run:r.R,output:e,values:p,url:i.toDataURL()}}let a=M(
"svg",t,{viewBox:"0 0 300 146",class:"curve",role:"img","aria-label":`what it gives for inputs from ${z(-n)} to ${z(n)}`});
M("image",a,{href:Xe.url,x:80,y:2,width:140,height:140,preserveAspectRatio:"none"}),M("path",a,{class:"axis",d:"M80 2h14\
0v140h-140zM150 2v140M80 72h140"});let[c,l]=ie.map(s=>r.R.data[s]/n*70);M("circle",a,{class:"dot",cx:150+c,cy:72-l,r:4.5}),
M("text",a,{x:224,y:76},"x0"),M("text",a,{x:60,y:13},"x1")}function Ne(t){kt.hidden=!t,Lt.style.display=t?"none":"";for(let e of[
"fit","partials"])d(e).hidden=t;d("legend").hidden=t,d("network").setAttribute("aria-pressed",t),Yo(),t?Vo():Ke()}function Fs(t){
for(let e of t)for(let n of Ct(e))r.open[n]=!0;r.focus=0,Ee(),at(),Xt(t[0],0,t.map(ht))}function js(t){let e=[...mt.keys()].
filter(a=>mt.get(a)===t),n=a=>rt[a].filter(c=>Ye.has(c)),o=e.flatMap(a=>rt[a].filter(c=>ct(c)&&n(c).length));Ne(!1),r.chosen=
le(t),Fs([r.chosen,...e,...o,...o.flatMap(n)]),re(r.chosen).focus({preventScroll:!0})}function Ds(t){let e=t.target.closest(
".neuron[role],line[data-n]");!e||t.key&&t.key!=="Enter"&&t.key!==" "||(t.preventDefault(),t.stopPropagation(),r.chosen=
le(e),Mt=e.tagName==="line"?Mt:e,at())}function Go(){if(u.network){Ve.setAttribute("role","group");for(let t of["width",
"height"])Ve.style.setProperty("min-"+t,Ve.getAttribute(t)+"px");for(let t of[...Vt,...Fn])isNaN(le(t))||(t.setAttribute(
"tabindex",0),t.setAttribute("role","button"),!(!t.dataset.n||t.tagName==="line")&&M("text",t,{class:"grad",y:34}));for(let t of[
"click","keydown"])kt.addEventListener(t,Ds);et("scalars","click",()=>js(Mt)),Pe(Vo),addEventListener("keydown",t=>{t.key===
"n"&&t.target.tagName!=="INPUT"&&!t.ctrlKey&&!t.metaKey&&!t.altKey&&Ne(kt.hidden)}),et("network","click",()=>Ne(kt.hidden)),
addEventListener("look",()=>{kt.hidden||Ne(!1)}),u.network.open&&(r.chosen=W,Mt=Vt.find(t=>Ge.get(t))??null,Ne(!0))}}var Je=0,Dn=-1,Qe=0,Ce=0,Bn=()=>{};function _n(){let t=r.now,e=Pt[t],n=be[t],o=r.R;if(n===-1){let c=J.valueLine(e,o.data,
!0);return{say:`What is ${X(u.name[e])}?`,line:c,right:o.data[e],hints:["Put the numbers of its inputs in.",`${c[0].split(
" = ").slice(-2)[0]} is it.`]}}if(n===-2)return{say:`What is ${J.d(W)}?`,line:[`${J.d(W)} = ?`,J.dMath(W)+`
<mo>?</mo>`],right:1,hints:["How much does a number change when it changes itself?","Just as much: 1."]};let a=J.slope(e,
n,o.data);return{say:`What does ${X(u.name[e])} = ${J.formula(e)} hand to ${X(u.name[n])}?`,line:J.chainLine(t,e,n,o,!0),
right:o.amount[t],hints:[a?`The local slope is ${J.partial(e,n)} = ${$e(a)}.`:`The local slope ${J.partial(e,n)} is a co\
nstant.`,`${z(o.grad[e])} × ${wt(o.local[t])} is it.`]}}function Qo(){if(d("ask").hidden=!r.quiz,!r.quiz)return;let t=r.
now>=nt;if(d("answer").hidden=t,d("again").hidden=!t,t){d("verdict").textContent=`${d("verdict").dataset.last||""} Done:\
 ${Qe} of ${Ce} at the first try.`.trim();return}Dn!==r.now&&(Dn=r.now,Je=0);let{say:e,line:n}=_n();d("question").replaceChildren(),
A(d("question"),"span",e+" "),A(d("question"),"span",n[0],"said"),d("asked").innerHTML=Sn(n[1])}var Ze=t=>{d("verdict").
textContent=d("verdict").dataset.last=t},Ot=()=>{Ze(""),d("guess").removeAttribute("aria-invalid")};function Zo(t){Bn=t,
et("answer","submit",e=>{e.preventDefault();let{right:n,hints:o}=_n(),a=d("guess").value,c=Te(a);if(d("guess").setAttribute(
"aria-invalid",c===void 0),c===void 0){Ze(a.trim()?Me(a):"Type a number.");return}if(!(c===n||isNaN(c)&&isNaN(n)||D(c-n)<=
.005*D(n)+1e-9)){Ze(`Not ${z(c)}. ${o[_(Je++,1)]}`);return}Ce++,Je||Qe++,Jo(`Right: ${ot(n)}.`)}),et("reveal","click",()=>{
Ce++,Jo(`It was ${ot(_n().right)}.`)}),et("again","click",()=>{Qe=Ce=0,Ot(),Bn(0),d("guess").focus()})}function Jo(t){Ze(
t),d("guess").value="",Bn(r.now+1),(r.now>=nt?d("again"):d("guess")).focus()}var ts=()=>{Qe=Ce=0,Je=0,Dn=-1,Ot()};var tn=0,gt=[],fe=-1,ue=()=>tn>0;function Et(t){r.fresh=!1,Qt(t);let{kind:e,target:n}=vt();e&&(r.chosen=n),at()}var ss=/\[(\d+)\]\[\d+\]|layers\[(\d+)\]/,
Bs={operation:null,box:t=>r.boxOf[t],layer:t=>{let e=ss.exec(u.name[t]);return e?`layer ${e[1]??e[2]}`:r.boxOf[t]},row:t=>xt.
exec(u.name[t])?.[1]??"none"},nn=(t,e=d("unit").value)=>{Ot();let n=Bs[e];Et(n?eo(V,r.now,t,n):r.now+t)};function on(t){
if(clearTimeout(tn),tn=0,t&&r.now<nt&&!r.quiz){let{kind:e}=vt(),n=[...d("line").querySelectorAll("p,h2")].map(o=>o.querySelector(
".said")?.textContent??o.textContent).join(" ");tn=setTimeout(()=>{nn(1),on(!0)},Qn(n,e==="backward"?3e3:1200)/Number(d(
"speed").value))}d("play").textContent=ue()?"pause":"play",d("play").classList.toggle("on",ue())}var es=t=>{r.quiz&&r.now<
nt?(r.fresh=!1,at(),d("guess").focus()):nn(1,t)},rs=()=>d("unit").value==="operation"?"box":d("unit").value;function _s(){
d("time").value=r.now,d("time").setAttribute("aria-valuetext",`step ${r.now} of ${nt}`),d("count").textContent=`${lt(r.now)}\
 / ${lt(nt)}`;for(let a of["play","time","next","last","skip"])d(a).disabled=r.quiz&&r.now<nt;d("play").title=r.quiz?"th\
e quiz waits for your answers":"play (space)",r.quiz&&ue()&&on(!1);let t=Ct(ht(r.chosen)?r.chosen:Ht[r.focus]).filter(a=>r.
open[a]&&(a===0||Zt[a]>1)),e=d("crumbs"),n=e.contains(document.activeElement),o=t.join();e.dataset.way!==o&&(e.dataset.way=
o,e.replaceChildren(),e.hidden=t.length<2||bt<=u.boxes,e.hidden||t.forEach((a,c)=>{let l=c===t.length-1,s=A(e,l?"span":"\
button",a?X(ne(tt[a])):"all");l||(s.title="fold back to this",s.onclick=()=>Wn(t[c+1],!1))}),n&&(e.querySelector("button")||
d("picture")).focus())}function as(t){r.chosen=t,zo(t),at(),Ae(ht(t))}function Wn(t,e){r.chosen=Ht[t],qn(()=>{r.open[t]=
e;for(let n=t+1;!e&&n<tt.length&&tt[n].parent>=t;n++)r.open[n]=!1;je(t)},Ht[t],()=>e?r.boxes.filter(n=>ve(u.home[n.node],
t)):[]),re(Ht[t]).focus({preventScroll:!0})}Io(t=>{let e=Number(t.slice(1));t[0]==="g"?Wn(e,!0):(as(e),re(e).focus({preventScroll:!0}))});
Do(Se);ko(t=>{Ot(),Et(t)});function Hn(t){let e=d("find").value.trim().toLowerCase();if(!t){if(gt=[],fe=-1,e)for(let o=0;o<
bt;o++)(u.name[o].toLowerCase().includes(e)||u.op[o].toLowerCase()===e)&&gt.push(o);let n=gt.findIndex(o=>u.name[o].toLowerCase()===
e);n>0&&gt.unshift(...gt.splice(n,1)),d("hits").textContent=e?gt.length?`${lt(gt.length)} found`:"nothing found":"";return}
gt.length&&(fe=(fe+1)%gt.length,dispatchEvent(new Event("look")),as(gt[fe]),d("hits").textContent=`${fe+1} of ${lt(gt.length)}`)}
var en=(t,e)=>d(t).setAttribute("aria-pressed",e),Dt={first:()=>{Ot(),Et(0)},back:()=>nn(-1),next:()=>es(),last:()=>{Ot(),
Et(nt)},fit:Pn,skip:()=>es(rs()),play:()=>{r.quiz||(!ue()&&r.now>=nt&&Et(0),on(!ue()))},partials:()=>{r.slopes=!r.slopes,
en("partials",r.slopes),at()},quiz:()=>{r.quiz=!r.quiz,en("quiz",r.quiz),ts(),r.fresh=!0,Qt(r.quiz?0:nt),at(),r.quiz&&d(
"guess").focus()},tovalue:()=>{Ot(),Et(Eo(r.chosen))},tograd:()=>{let t=r.chosen;Ot(),Et(Ao(t))},unfold:()=>Wn(Number(d(
"unfold").dataset.group),!1)};for(let t in Dt)et(t,"click",Dt[t]);et("time","input",()=>{Ot(),Et(Number(d("time").value))});
et("find","input",()=>Hn(!1));et("find","keydown",t=>{t.key==="Enter"&&Hn(!0)});et("find","change",()=>{fe<0&&Hn(!0)});et(
"speed","change",()=>on(ue()));var ns={ArrowRight:Dt.next,ArrowLeft:Dt.back," ":Dt.play,Home:Dt.first,End:Dt.last,0:Pn,s:Dt.
partials,"+":()=>ae(1.25),"-":()=>ae(.8)};addEventListener("keydown",t=>{let e=t.target.tagName;if(!(e==="INPUT"&&t.target.
type!=="range"||e==="SELECT"||t.ctrlKey||t.metaKey||t.altKey)&&!(e==="INPUT"||t.key===" "&&e==="BUTTON")){if(t.shiftKey&&
t.key.startsWith("Arrow")&&!r.quiz){nn(t.key==="ArrowRight"?1:-1,rs()),t.preventDefault();return}ns[t.key]&&(ns[t.key](),
t.preventDefault())}});addEventListener("focusin",t=>{let e=r.boxes.find(({element:n})=>n===t.target);e?.element.matches(
":focus-visible")&&(Ae(e),d("picture").scrollIntoView({block:"nearest"}))});for(let t of["pointerover","focusin"])addEventListener(
t,e=>{let n=e.target.closest?.("[data-node]")?.dataset.node;for(let o of document.querySelectorAll(".pointed"))o.classList.
remove("pointed");if(n!==void 0){re(Number(n)).classList.add("pointed");for(let o of document.querySelectorAll(`#panel [\
data-node="${n}"]`))o.classList.add("pointed")}});for(let t of[Po,yo,Oo,Wo,Qo,_s])Pe(t);Ho();Zo(Et);u.name.filter((t,e)=>u.
named[e]).slice(0,500).forEach(t=>{A(d("names"),"option").value=t});d("title").textContent=u.title;d("time").max=nt;document.
documentElement.style.setProperty("--forward",`${100*yt/nt}%`);u.name.some(t=>ss.test(t))&&A(d("unit"),"option","layer");
u.name.some(t=>xt.test(t))&&A(d("unit"),"option","row");en("quiz",r.quiz);d("network").hidden=!u.network;qo();bt>200&&(d(
"unit").value="box");r.slopes=u.partials??(r.boxes.length<=12&&!r.quiz);document.body.classList.toggle("values",u.forward);
en("partials",r.slopes);var os=u.origins[0]??u.op.findIndex((t,e)=>!t&&u.named[e]&&r.boxes[r.boxOf[e]].group<0);os>=0&&(r.
chosen=os);u.start===void 0||r.quiz?(Qt(r.quiz?0:nt),at()):Et(u.start);Xt(r.quiz||u.start===0?0:u.start?r.chosen:u.origins[0]??
W);Tt(!1);addEventListener("resize",Ke);Go();})();

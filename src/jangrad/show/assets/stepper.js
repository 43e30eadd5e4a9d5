// show/assets/*.mjs by esbuild@0.28.2, of 400286a19caec2c2
(()=>{var{abs:D,max:T,min:_}=Math,Vt=t=>typeof t=="number"?t:Number(String(t).replace("inf","Infinity")),Xn=t=>t.includes(".")?
t.replace(/\.?0+$/,""):t;function Yn(t,e){if(isNaN(t))return"nan";if(!isFinite(t))return t>0?"inf":"-inf";if(!t)return"0";
let[n,o]=t.toExponential(e-1).split("e");return o>=-4&&o<e?Xn(t.toPrecision(e)):`${Xn(n)}e${o<0?"-":"+"}${String(D(o)).padStart(
2,"0")}`}var sn=6,Vn=t=>{sn=t},z=t=>Yn(t,sn),pe=t=>Yn(t,_(4,sn)),nt=t=>Object.is(t,-0)?"-0":z(t),wt=t=>z(t).replace(/^-.*/,
"($&)"),Gn=t=>(t<0||isNaN(t)?"":"+")+z(t),lt=t=>String(t).replace(/\B(?=(\d{3})+$)/g,",");function Le(t){let e=c=>{let l=c.
trim().replace(",",".").replace("−","-");return/^[+-]?inf(inity)?$/i.test(l)?l[0]==="-"?-1/0:1/0:/^nan$/i.test(l)?NaN:
/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(l)?Number(l):void 0},[n,o,...a]=t.split("/").map(e);if(!(n===void 0||a.length))
return t.includes("/")?o===void 0?void 0:n/o:n}var Re=t=>`“${t}” is not a number: 2.5, -1e-3 or 1/3 are.`,as=/[\u1100-\u115f\u2e80-\ud7a3\uf900-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu,
Te=t=>[...t].length+(t.match(as)||[]).length,Hn=36,xt=/^row (\d+): /;function H(t){return t=t.replace(xt,""),t=t.replace(
/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g,"[$1][$2]").replace(/\.weights\[/g,".w["),t.length>Hn?"…"+t.slice(1-Hn):t}var Jn=(t,e)=>T(
e,250*t.trim().split(/\s+/).length);var ct=t=>typeof t=="number";function Qn(t,e){let n=t.inputs,o=n.length,a=o-1,c=t.data.map(Vt),l=t.op.map(k=>e[k]),s=n.map(
k=>k.every(ct)?null:k.map(h=>ct(h)?0:Vt(h[0]))),i=(k,h,y)=>ct(k)&&y.indexOf(k)===h,f=n.map(k=>k.every(i)?k:k.filter(i)),
p=k=>f[k],m=new Int32Array(o),x=new Int32Array(o).fill(-1),w=[],$=[];for(let k=0;k<o;k++)if(l[k]){for(let h of p(k))m[h]++;
x[k]=w.length,w.push(k),$.push(-1)}let L=w.length,E=new Int32Array(o+1),R=new Int32Array(m.reduce((k,h)=>k+h,0));for(let k=0;k<
o;k++)E[k+1]=E[k]+m[k];let O=E.slice();t.forward||(w.push(a),$.push(-2));for(let k=t.forward?-1:a;k>=0;k--)if(l[k])for(let h of p(
k))R[O[h]++]=w.length,w.push(k),$.push(h);let S=w.length,B=k=>t.forward?[]:Array.from(R.subarray(E[k],E[k+1])),V=(k,h)=>{
let y=n[k],C=new Array(y.length);for(let I=0;I<C.length;I++)C[I]=ct(y[I])?h[y[I]]:s[k][I];return C},K=k=>{let h=Float64Array.
from(k);for(let y=0;y<o;y++)l[y]&&(h[y]=l[y].f(...V(y,h)));return h},q=(k,h,y)=>{let C=V(k,y),I=0;return n[k].forEach((Z,g)=>{
Z===h&&(I+=l[k].d[g](...C,y[k])??0)}),I};function F(k){let h=K(k),y=new Float64Array(o),C=new Uint8Array(o),[I,Z,g,b]=[0,
1,2,3].map(()=>new Float64Array(S));y[a]=C[a]=1;for(let v=L+1,N=-1,X;v<S;v++){w[v]!==N&&(N=w[v],X=V(N,h));let P=$[v],Q=n[N];
g[v]=y[P];for(let G=0;G<Q.length;G++){if(Q[G]!==P)continue;let j=l[N].d[G](...X,h[N]);j!==null&&(I[v]+=j,C[N]&&(C[P]=1,Z[v]+=
y[N]*j,y[P]+=y[N]*j))}b[v]=y[P]}return{data:h,grad:y,local:I,amount:Z,before:g,after:b}}return{D:t,ops:e,N:o,ROOT:a,STEPS:S,
SEED:L,ins:n,first:c,plain:s,uses:m,born:x,stepNode:w,stepInput:$,received:B,operands:p,valuesOf:K,localOf:q,run:F,curve:(k,h,y)=>{
let C=k.slice();return y.map(I=>(C[h]=I,K(C)[a]))}}}var Zn=(t,e,n,o)=>o.reduce((a,c)=>a+t.grad[c]*(n[c]-e[c]),0);function to(t,e,n,o){
let{STEPS:a,SEED:c,stepNode:l,stepInput:s}=t,i=p=>p===c?"seed":`${p<c}${o(s[p]<0?l[p]:s[p])}`;if(n>0){if(e>=a)return a;let p=i(
e);do e++;while(e<a&&i(e)===p);return e}if(e<=0)return 0;let f=i(--e);for(;e>0&&i(e-1)===f;)e--;return e}function eo(t,e,n){let o=t.map(()=>!1),a=t.map((l,s)=>s).filter(l=>t[l].open).sort((l,s)=>t[l].open-t[s].open),c=1;for(let l of a)
(!l||o[t[l].parent]&&c+e[l]-1<=n)&&(o[l]=!0,c+=e[l]-1);return o}function no(t,e){let[n,o,a]=[0,1,2].map(()=>new Int32Array(
t.length));return e.forEach((c,l)=>{for(o[c]++;c>=0;c=t[c].parent)n[c]++,a[c]=l}),t.forEach(c=>{c.parent>=0&&o[c.parent]++}),
{sizes:n,inside:o,last:a}}function oo({boxes:t,boxOf:e,edges:n},o){let a=t.map(o),c=n.filter(([p,m])=>a[p]||a[m]),l=a.slice(),
s=[];for(let[p,m]of c)l[p]=l[m]=!0;let i=t.filter((p,m)=>(s[m]=-1,l[m]));i.forEach(p=>{p.beside=!o(p)});let f=0;return l.
forEach((p,m)=>{p&&(s[m]=f++)}),{boxes:i,boxOf:e.map(p=>s[p]),edges:c.map(([p,m])=>[s[p],s[m]])}}function so(t,e,n,o,a){
let{N:c,ins:l}=t,s=new Int32Array(e.length).fill(-1);e.forEach((O,S)=>{let B=O.parent<0?-1:s[O.parent];s[S]=B>=0?B:a[S]?
-1:S});let i=new Int32Array(e.length).fill(-1),f=[],p=new Int32Array(c);for(let O=0;O<c;O++){let S=s[n[O]],B=S>=0&&o[S]>
1,V=p[O]=B&&i[S]>=0?i[S]:f.length;V<f.length?f[V].node=O:(f.push({key:B?"g"+S:"n"+O,group:B?S:-1,node:O}),B&&(i[S]=V))}let m=new Set,
x=[];for(let O=0;O<c;O++){let S=l[O],B=p[O];for(let V=0;V<S.length;V++){let K=ct(S[V])?p[S[V]]:B,q=K*f.length+B;K!==B&&!m.
has(q)&&(m.add(q),x.push([K,B]))}}let w=f.map(()=>0),$=f.map(()=>[]),L=[];for(let[O,S]of x)w[S]++,$[O].push(S);let E=f.map(
(O,S)=>S).filter(O=>!w[O]).reverse();for(;E.length;){let O=E.pop();L.push(O);for(let S of $[O].reverse())--w[S]||E.push(
S)}let R=[];return L.forEach((O,S)=>{R[O]=S}),{boxes:L.map(O=>f[O]),boxOf:p.map(O=>R[O]),edges:x.map(([O,S])=>[R[O],R[S]]).
sort((O,S)=>O[0]-S[0]||O[1]-S[1])}}var dn={"+":(t,e)=>t+e,"-":(t,e)=>t-e,"*":(t,e)=>t*e,"/":(t,e)=>t/e,"<":(t,e)=>t<e,"<=":(t,e)=>t<=e,">":(t,e)=>t>e,">=":(t,e)=>t>=
e,"==":(t,e)=>t===e,"!=":(t,e)=>t!==e},Jt=Array.isArray;function ao(t,e,n){if(typeof t=="number")return t;if(typeof t=="\
string")return e[t];let[o,...a]=t,c=l=>ao(l,e,n);return o==="num"?Vt(a[0]):o==="const"?a[1]:o==="neg"?-c(a[0]):o==="if"?
c(c(a[0])?a[1]:a[2]):o==="and"?a.every(c):o==="or"?a.some(c):o==="call"?n[a[0]].f(...a.slice(1).map(c)):o==="**"?n.pow?n.
pow.f(...a.map(c)):c(a[0])**c(a[1]):o==="%"?c(a[0])%c(a[1]):dn[o](c(a[0]),c(a[1]))}function ge(t,e,n,o,a){if(typeof t=="\
number")return t;if(typeof t=="string")return e[t]??t;let[c,...l]=t,s=w=>ge(w,e,n,o,a);if(c==="const"||c==="num")return t;
if(c==="if"&&n)return s(ao(l[0],n,o)?l[1]:l[2]);if(c==="call")return["call",l[0],...l.slice(1).map(s)];let i=[c,...l.map(
s)],[,f,p]=i;if(!a&&c==="neg")return typeof f=="number"?-f:Jt(f)&&f[0]==="neg"?f[1]:i;if(a||!"+-*/**".includes(c))return i;
let m=typeof f=="number"?f:void 0,x=typeof p=="number"?p:void 0;return m!==void 0&&x!==void 0&&"+-*".includes(c)&&c!=="*\
*"?dn[c](m,x):x===("+-".includes(c)?0:1)?f:m===0&&c==="+"||m===1&&c==="*"?p:i}function pn(t){for(let e="";e!==t;)e=t,t=t.
replace(/\([^()]*\)|\[[^\[\]]*\]/g,"");return/[-+*/^%<>=|&,;@·×−⋅]/.test(t)}var io=0,an=1,is=2,cs=3,cn=4,ro=5,rn=6,
Me=7,co=8,Bt=9,he={"+":ro,"-":ro,"*":rn,"/":rn,"%":rn,"**":co,or:an,and:is},we=t=>{if(typeof t=="number")return t<0||Object.
is(t,-0)?Me:Bt;if(typeof t=="string")return Bt;if(!Jt(t))return"name"in t?pn(t.name)?cn:Bt:we(t.value);let e=t[0];return e===
"neg"?Me:e==="if"?io:e in he?he[e]:e in dn?cs:Bt},ln=t=>typeof t=="number"?we(t)===Me:Jt(t)?t[0]==="neg"&&typeof t[1]=="\
number":!!t&&"value"in t&&ln(t.value);function hn(t,e){let n=i=>hn(i,e),o=(i,f)=>we(i)>=f?n(i):e.enclosed(n(i));if(typeof t==
"number")return e.number(t);if(typeof t=="string")return e.name(t);if(!Jt(t))return e.operand(t);let[a,...c]=t,[l,s]=c;if(a===
"num")return e.number(Vt(l));if(a==="const")return e.name(l);if(a==="neg")return e.negative(o(l,ln(l)?Bt:Me));if(a==="ca\
ll")return e.call(l,c.slice(1).map(n),c.slice(1));if(a==="if")return e.choice(o(s,an),o(l,an),o(c[2],io));if(a==="and"||
a==="or")return e.joined(c.map(i=>o(i,he[a]+1)),a);if(a in he){let i=he[a],f=a==="**",p=e.tall&&(a==="/"||f),m=ln(s)?Bt:
i+!f;return e.binary(a,a==="/"&&p?n(l):o(l,i+f),p?n(s):o(s,m))}return e.binary(a,o(l,cn),o(s,cn))}var fn=t=>Object.is(t,
-0)?"-0":z(t),ls={number:fn,name:t=>t,operand:t=>"name"in t?t.name:fn(t.value),enclosed:t=>`(${t})`,negative:t=>"-"+t,call:(t,e)=>`${t}\
(${e.join(", ")})`,choice:(t,e,n)=>`${t} if ${e} else ${n}`,joined:(t,e)=>t.join(` ${e} `),binary:(t,e,n)=>`${e} ${t} ${n}`},
Gt=t=>hn(t,ls),xe=t=>we(t)===Bt&&!(Jt(t)&&t[0]==="**")?Gt(t):`(${Gt(t)})`,un=t=>t.replace(/[&<>"]/g,e=>({"&":"&amp;","<":"\
&lt;",">":"&gt;",'"':"&quot;"})[e]),$t=t=>`<mo>${t}</mo>`,ft=t=>`<mrow>${t}</mrow>`,St=t=>{let[e,n]=fn(t).replace("inf",
"∞").replace(/^-/,"−").split("e");return n?ft(`<mn>${e}</mn>${$t("·")}<msup><mn>10</mn><mn>${Number(n)}</mn></msup>`.
replace(/<mn>-/g,"<mn>−")):`<mn>${e}</mn>`},mn=({name:t,node:e,typeset:n})=>n?`<mrow data-node="${e}">${n}</mrow>`:`<m\
i${t.length>1?' mathvariant="normal"':""} data-node="${e}">${un(H(t))}</mi>`,lo={tall:!0,number:St,name:t=>`<mi>${{pi:"π"}[t]||
un(t)}</mi>`,operand:t=>"name"in t?mn(t):`<mrow class="d" data-node="${t.node}">${St(t.value)}</mrow>`,enclosed:t=>ft($t(
"(")+t+$t(")")),negative:t=>ft($t("−")+t),call:(t,e,n)=>t==="sqrt"?`<msqrt>${e[0]}</msqrt>`:t==="exp"?`<msup><mi>e</mi\
>${ft(e[0])}</msup>`:ft(t==="abs"?$t("|")+e[0]+$t("|"):`<mi mathvariant="normal">${un(t)}</mi>`+$t("(")+e.join($t(","))+
$t(")")),choice:(t,e,n)=>ft(`${t}<mtext> if </mtext>${e}<mtext> else </mtext>${n}`),joined:(t,e)=>ft(t.join(`<mtext> ${e}\
 </mtext>`)),binary:(t,e,n)=>t==="/"?`<mfrac>${ft(e)}${ft(n)}</mfrac>`:t==="**"?`<msup>${ft(e)}${ft(n)}</msup>`:ft(e+$t(
{"*":"·","-":"−","<":"&lt;",">":"&gt;","<=":"≤",">=":"≥","==":"=","!=":"≠"}[t]||t)+n)},me=t=>hn(t,lo),fo=t=>we(
t)>=co||Jt(t)&&t[0]==="/"?me(t):lo.enclosed(me(t));function uo(t){let{D:e,ops:n,ins:o,plain:a,ROOT:c}=t,l=h=>h===1?["x"]:h===2?["a","b"]:Array.from({length:h},(y,C)=>"x"+(C+
1)),s=h=>({node:h,name:e.name[h],typeset:e.typeset[h]}),i=(h,y,C=s(h))=>{let I={y:C};return l(o[h].length).forEach((Z,g)=>{
I[Z]=ct(o[h][g])?y(o[h][g]):a[h][g]}),I},f=h=>e.rules[e.op[h]],p=h=>ge(f(h)[0],i(h,s),null,n,!0),m=(h,y)=>ge(f(h)[0],i(h,
C=>({node:C,value:y[C]})),null,n,!0),x=(h,y,C)=>{let I=o[h].flatMap((g,b)=>g===y?[ge(f(h)[1+b],i(h,s),i(h,v=>C[v],C[h]),
n)]:[]);if(I.every(g=>typeof g=="number"))return;let Z=I.reduce((g,b)=>["+",g,b]);return Gt(Z).length<=60?Z:void 0},w=h=>e.
op[h]?Gt(p(h)):"",$=h=>/^[\p{L}_][\p{L}\p{N}_]*$/u.test(e.name[h])?e.name[h]:`(${e.name[h]})`,L=h=>`d${$(c)}/d${$(h)}`,E=(h,y)=>`\
∂${$(h)}/∂${$(y)}`,R=h=>mn(s(h)),O=(h,y)=>`<mrow>${h}${pn(e.name[y])?`<mo>(</mo>${R(y)}<mo>)</mo>`:R(y)}</mrow>`,S=(h,y,C,I)=>`\
<mfrac class="${I}">${O(h,y)}${O(h,C)}</mfrac>`,B=h=>S('<mi mathvariant="normal">d</mi>',c,h,"g"),V=(h,y)=>S("<mo>∂</mo>",
h,y,"s"),K=h=>h.filter((y,C)=>y&&y!==h[C-1]).join(`
`),q=(h,y)=>`<mrow class="${y}">${h<0?`<mo>(</mo>${St(h)}<mo>)</mo>`:St(h)}</mrow>`;function F(h,y,C){let I=C?"?":nt(y[h]),
Z=[e.name[h],w(h),Gt(m(h,y)),I].filter((b,v,N)=>b!==N[v-1]).join(" = "),g=K([R(h),me(p(h)),me(m(h,y)),C?"<mo>?</mo>":`<m\
row class="d">${St(y[h])}</mrow>`]);return[Z,g]}function pt(h,y,C,I,Z){let g=I.local[h],b=x(y,C,I.data),v=I.grad[y],N=Z?
"?":z(I.amount[h]),X=[`${L(y)} × ${E(y,C)}`,b&&`${L(y)} × ${xe(b)}`,`${wt(v)} × ${Z?b?xe(b):E(y,C):wt(g)}`,N],P="<mo>\
×</mo>",Q=B(y),G=b&&`<mrow class="s">${fo(b)}</mrow>`,j=[Q+P+V(y,C),b&&Q+P+G,q(v,"g")+P+(Z?G||V(y,C):q(g,"s")),Z?"<mo>?\
</mo>":`<mrow class="g">${St(I.amount[h])}</mrow>`];return[X.filter(Boolean).join(" = "),K(j)]}function k(h,y,C,I,Z){let g=I?
[]:[`${z(C.before[h])} + ${wt(C.amount[h])}`],b=`${L(y)} ${Z?"":"so far "}= ${[...g,z(C.after[h])].join(" = ")}`,v=B(y)+
(Z?"":"<mtext> so far</mtext>")+`
`+(I?"":`${St(C.before[h])}<mo>+</mo>${q(C.amount[h],"g")}
`)+`<mrow class="g">${St(C.after[h])}</mrow>`;return[b,v]}return{formula:w,computed:m,valueLine:F,chainLine:pt,sumLine:k,
slope:x,d:L,dMath:B,partial:E}}var u=t=>document.getElementById(t),tt=(t,e,n)=>u(t).addEventListener(e,n),d=JSON.parse(u("data").textContent);Vn(d.digits);
d.origins=Object.keys(d.origin).map(Number);var Y=Qn(d,OPS),{N:bt,ROOT:W,STEPS:et,SEED:yt,ins:rt,first:ot,uses:It,born:xn,
stepNode:qt,stepInput:$e,received:Wt}=Y,J=uo(Y),st=d.groups,{sizes:Zt,inside:$n,last:Kt}=no(st,d.home),gn=Y.run(ot),r={now:0,
R:gn,original:gn,leaves:ot.slice(),chosen:W,fresh:!0,slopes:!1,quiz:!!d.quiz,open:st.map(()=>!1),focus:0,tight:!1,boxes:[],
edges:[],boxOf:new Int32Array(bt)},fs=5e3,_t=new Float64Array(bt),Nt=new Int32Array(bt),po=[],Ie=t=>po.push(t),at=()=>{for(let t of po)
t()};function vt(){let t=r.now-1;if(t<0||r.fresh)return{s:t,kind:"",node:-1,target:-1};let e=qt[t],n=$e[t];return{s:t,kind:n===
-1?"forward":n===-2?"seed":"backward",node:e,target:n<0?e:n}}function Qt(t){t=T(0,_(et,t));let{before:e,after:n}=r.R,{now:o}=r;
for(;o<t;o++){let a=$e[o];a===-2&&(_t[W]=1,Nt[W]=1),a>=0&&(_t[a]=n[o],Nt[a]++)}for(;o>t;){let a=$e[--o];a===-2&&(_t[W]=0,
Nt[W]=0),a>=0&&(_t[a]=e[o],Nt[a]--)}r.now=t}var it=t=>xn[t]<r.now,qe=t=>Nt[t],ho=t=>_t[t],Mt=t=>t===W?Nt[t]>0:Nt[t]===It[t]&&
r.now>yt,bn=t=>it(t)?nt(r.R.data[t]):"?",te=t=>r.tight?pe(t):z(t),mo=t=>Nt[t]||Mt(t)?te(_t[t])+(Mt(t)?"":r.tight?" …":
" so far"):"?",go=t=>it(t)?Object.is(r.R.data[t],-0)?"-0":te(r.R.data[t]):"?",ee=t=>Nt[t]?z(_t[t])+(Mt(t)?"":" so far"):
Mt(t)?"0":"not computed",be=t=>`value ${bn(t)}`+(d.forward?"":`, gradient ${ee(t)}`),wo=(t,e)=>!d.forward&&it(t)&&(!r.quiz||
Wt(e).some(n=>qt[n]===t&&n<r.now)),wn=new Set,yn=()=>[...wn].sort((t,e)=>t-e);function vn(t,e){let n=r.now;Qt(0),r.leaves[t]=
e,wn[Object.is(e,ot[t])?"delete":"add"](t),r.R=wn.size?Y.run(r.leaves):gn,Qt(n)}var ne=t=>t.label||`${d.name[t.closing]}\
 = ${J.formula(t.closing)}`,Pe=t=>`${lt(Zt[t])} Values`,ye=(t,e)=>{for(;t>e;)t=st[t].parent;return t===e};function xo(){
let t=so(Y,st,d.home,Zt,r.open);Object.assign(r,r.focus?oo(t,e=>ye(d.home[e.node],r.focus)):t)}function ze(t){if(!(bt<=fs)){
for(;t>0&&(!r.open[t]||r.begun[t]||$n[t]<3);)t=st[t].parent;r.focus=T(0,t)}}function Pt(t){let e=[];for(let n=d.home[t];n>=
0;n=st[n].parent)e.unshift(n);return e}var kn=8,A=(t,e,n,o)=>{let a=document.createElement(e);return n!==void 0&&(a.textContent=n),o&&(a.className=o),t.append(
a),a},On=(t,e)=>{t.textContent!==e&&(t.textContent=e)};function zt(t,[e,n],o=""){let a=e.split(" = ").some(s=>s.length>36),
c=A(t,"p",void 0,`eq ${a?"long":o}`);A(c,"span",e,"said");let l=A(c,"span");return l.setAttribute("aria-hidden","true"),
l.innerHTML=An(n),c}var us=/<m(frac|su|sqrt|over)/,ds=/<mo>([(),|])<\/mo>/g,An=t=>t.split(`
`).map((e,n)=>{let o=(n?'<mo lspace="0" rspace=".3em">=</mo>':"")+e;return us.test(e)?`<math>${o}</math>`:`<span class="\
flat">${o.replace(ds,"$1")}</span>`}).join(" "),En=t=>xt.test(d.name[t])?`, row ${xt.exec(d.name[t])[1]}`:"",$o=(t,e)=>`${lt(
t)} ${e}${t===1?"":"s"}`;function bo(){let t=u("line"),{s:e,kind:n,node:o,target:a}=vt();if(t.replaceChildren(),!n){A(t,
"h2","This page"),A(t,"p",`Forward, ${$o(yt,"step")}: every value from the inputs to ${d.name[W]}.`+(d.forward?"":` Back\
ward, ${$o(et-yt,"step")}: every gradient from it to the inputs.`));for(let p of d.origins.slice(0,3))A(t,"p",d.origin[p][1]+
".","g");A(t,"p",r.quiz?"Type each number before it is shown; the answer makes the next step.":r.now?"“play” shows it fr\
om the beginning. Press a box to look at it; drag the number of a blue one.":"The right arrow key makes the next step.",
"f");return}if(n==="forward"){A(t,"h2",`Forward, step ${lt(e+1)} of ${lt(yt)}${En(o)}`),zt(t,J.valueLine(o,r.R.data),"bi\
g");return}if(A(t,"h2",`Backward, step ${lt(e-yt+1)} of ${lt(et-yt)}${En(o)}`),n==="seed"){zt(t,[`${J.d(W)} = 1`,J.dMath(
W)+`
<mn>1</mn>`],"big"),A(t,"p","Every gradient starts here: so much the last number changes with itself.");return}let c=Wt(
a)[0]===e,l=Mt(a),s=It[a]-qe(a);A(t,"p",`${H(d.name[o])} hands to ${H(d.name[a])} its gradient times the local slope:`);
let[i,f]=J.chainLine(e,o,a,r.R);if(It[a]===1){zt(t,[`${J.d(a)} = ${i}`,`${J.dMath(a)}
${f}`],"big");return}zt(t,[i,f],"big"),zt(t,J.sumLine(e,a,r.R,c,l)),A(t,"p",l?"That was the last part of the sum.":`${s}\
 more to come.`,"f")}function ps(t){let e=A(t,"button");e.title="go to this step",A(e,"span"),A(e,"b","","g"),A(A(e,"i"),
"i"),A(e,"small")}var yo=()=>{},vo=t=>{yo=t};function ko(){let t=r.chosen,e=u("chosenname"),n=u("chosenlines"),o=u("cont\
ributions");e.textContent=d.name[t],n.replaceChildren();let{kind:a,target:c}=vt();d.op[t]&&!(a==="forward"&&c===t)&&zt(n,
J.valueLine(t,r.R.data,!it(t)));let l=A(n,"p");d.origin[t]&&r.R===r.original&&A(n,"p",d.origin[t][1]+".","g"),l.append("\
value "),A(l,"b",bn(t),"d"),d.forward||(l.append(", gradient "),A(l,"b",ee(t),"g")),d.remarks[t]&&A(n,"p",d.remarks[t].join(
" "),"remark");let s=Wt(t),i=s.filter($=>$<r.now).sort(($,L)=>D(r.R.amount[L])-D(r.R.amount[$])),f=i.reduce(($,L)=>$+D(r.
R.amount[L]),0),p=i.length?D(r.R.amount[i[0]]):0;i.length>1&&l.append(", the sum of");let m=i.length>1||s.length>1?_(kn,
i.length):0,x=o.contains(document.activeElement);for(;o.children.length>m;)o.lastChild.remove();for(;o.children.length<m;)
ps(o);i.slice(0,m).forEach(($,L)=>{let E=qt[$],R=r.R.amount[$],O=o.children[L],[S,B,V,K]=O.children,q=V.firstChild;O.setAttribute(
"aria-label",`${J.d(E)} × ${J.partial(E,t)} = ${z(r.R.grad[E])} × ${wt(r.R.local[$])} = ${z(R)}`),On(S,En(E)?`row ${xt.
exec(d.name[E])[1]}: ${H(d.name[E])}`:`through ${H(d.name[E])}`),On(B,z(R)),q.className=R<0?"minus":"",q.style.width=`${p&&
isFinite(p)?100*D(R)/p:0}%`,On(K,f&&isFinite(f)?`${Math.round(100*D(R)/f)} %`:""),O.onclick=()=>yo($+1)}),x&&!o.contains(
document.activeElement)&&(o.lastChild||e).focus(),u("more").textContent=i.length>kn?`and ${lt(i.length-kn)} more`:"",u("\
made").textContent=d.line[t]||"",u("tovalue").hidden=!d.op[t];let w=Pt(t).filter($=>$>0&&r.open[$]&&Zt[$]>1).pop();u("un\
fold").hidden=!w,w&&(u("unfold").textContent=`fold ${H(ne(st[w]))}`,u("unfold").dataset.group=w)}var Oo=t=>xn[t]+1,Eo=t=>T(
(Wt(t).pop()??-1)+1,yt+1);var Fe=46,hs=12,ms=7,gs=24,ws=6,xs=600;function So(t,e,n,o){let a=o==="down"?null:Ao(t,e);if(a&&(o||Ut(a,n)>=1))return a;
let c=Ao(t.map(([s,i])=>[i,s]),e),l={...c,x:c.y,y:c.x,width:c.height,height:c.width,down:!0,routes:c.routes.map(s=>s.map(
([i,f])=>[f,i]))};return!a||Ut(l,n)>Ut(a,n)?l:a}function No(t,e,n){let o=n-Fe,a=T(0,...t.columns),c=t.down?"y":"x",l=t.down?
1:0;return{...t,[c]:t[c].map((s,i)=>s+o*t.columns[i]),[t.down?"height":"width"]:t[t.down?"height":"width"]+o*a,routes:t.
routes.map((s,i)=>s.map((f,p)=>{let m=f.slice();return m[l]+=o*(t.columns[e[i][0]]+(p>>1)),m}))}}var Ut=(t,e)=>_(e[0]/T(
t.width,1),e[1]/T(t.height,1));function Ao(t,e){let n=t.length,o=$s(n,e),a=t.map(g=>g[0]),c=t.map(g=>g[1]),l=o.slice(),s=t.
map(()=>[]),i=t.map(()=>[]),f=new Map,p=(g,b)=>{i[g].push(b),s[b].push(g)};for(let[g,b]of e){f.has(g)||f.set(g,[]);let v=f.
get(g),N=o[b]-o[g];for(;v.length<N-1;){let X=v.length?v[v.length-1]:g,P=l.length;a.push(0),c.push(0),l.push(l[X]+1),s.push(
[]),i.push([]),p(X,P),v.push(P)}p(N>1?v[N-2]:g,b)}let m=l.length,x=new Array(m).fill(0),w=-1;for(let g of l)w=T(w,g);let $=Array.
from({length:w+1},()=>[]),L=()=>{for(let g of $)g.forEach((b,v)=>{x[b]=v})},E=new Array(m).fill(!1);for(let g=0;g<m;g++){
if(i[g].length)continue;let b=[g];for(;b.length;){let v=b.pop();if(!E[v]){E[v]=!0,$[l[v]].push(v);for(let N=s[v].length-
1;N>=0;N--)b.push(s[v][N])}}}L();function R(){let g=0;for(let b=0;b+1<$.length;b++){let v=$[b+1].length,N=new Array(v+1).
fill(0),X=0;for(let P of $[b]){let Q=i[P].map(G=>x[G]);for(let G of Q){let j=0;for(let At=G+1;At;At&=At-1)j+=N[At];g+=X-
j}for(let G of Q){for(let j=G+1;j<=v;j+=j&-j)N[j]++;X++}}}return g}function O(g){let b=g?s:i,v=g?$.slice(1):$.slice(0,-1).
reverse();for(let N of v){let X=new Map;N.forEach((P,Q)=>{let G=0;for(let j of b[P])G+=x[j];X.set(P,b[P].length?G/b[P].length:
Q)}),N.sort((P,Q)=>X.get(P)-X.get(Q)),N.forEach((P,Q)=>{x[P]=Q})}}function S(g,b){let v=0;for(let N of[s,i])for(let X of N[g])
for(let P of N[b])x[X]>x[P]&&v++;return v}function B(g){let b=!0;for(let v=0;b&&v<8;v++){b=!1;for(let N of $)for(let X=0;X+
1<N.length;X++){let P=N[X],Q=N[X+1],G=S(P,Q),j=S(Q,P);(j<G||g&&j===G)&&(N[X]=Q,N[X+1]=P,x[P]=X+1,x[Q]=X,b=b||j<G)}}}let V=$.
map(g=>g.slice()),K=R();for(let g=0,b=0;g<gs&&K&&b<ws;g++){b++,O(g%2===0),m<=xs&&(B(g%4<2),B(!1));let v=R();v<K&&(V=$.map(
N=>N.slice()),K=v,b=0)}$=V,L();let q=(g,b)=>(c[g]+c[b])/2+(g<n&&b<n?hs:ms),F=new Array(m).fill(0);for(let g of $){let b=0;
g.forEach((v,N)=>{b+=N?q(g[N-1],v):0,F[v]=b})}for(let g=0;g<6;g++)for(let b of g%2===0?$.slice().reverse():$){let v=[],N=[],
X=[],P=[],Q=0;b.forEach((j,At)=>{Q+=At?q(b[At-1],j):0,v.push(Q);let ue=g%2===0?i[j]:s[j],on=ue.length&&g<2?ue:s[j].concat(
i[j]),Kn=0;for(let de of on)Kn+=F[de];let Ne=(on.length?Kn/on.length:F[j])-Q,Ce=j>=n?4:1,Un=1;for(;N.length&&N[N.length-
1]>Ne;){let de=X.pop();Ne=(N.pop()*de+Ne*Ce)/(de+Ce),Ce+=de,Un+=P.pop()}N.push(Ne),X.push(Ce),P.push(Un)});let G=0;N.forEach(
(j,At)=>{for(let ue=0;ue<P[At];ue++,G++)F[b[G]]=j+v[G]})}let pt=1/0;for(let g=0;g<m;g++)pt=_(pt,F[g]-c[g]/2);m||(pt=0),F=
F.map(g=>g-pt);let k=[],h=[],y=0,C=0;for(let g of $){let b=0;for(let v of g)b=T(b,a[v]);k.push(y),h.push(y+b),y+=b+Fe}for(let g=0;g<
m;g++)C=T(C,F[g]+c[g]/2);let I=o.map(g=>(k[g]+h[g])/2),Z=e.map(([g,b])=>[[I[g]+t[g][0]/2,F[g]],[h[o[g]],F[g]],...f.get(g).
slice(0,T(0,o[b]-o[g]-1)).flatMap(v=>[[k[l[v]],F[v]],[h[l[v]],F[v]]]),[k[o[b]],F[b]],[I[b]-t[b][0]/2,F[b]]]);return{x:I,
y:F.slice(0,n),columns:o,routes:Z,width:$.length?h[$.length-1]:0,height:C,crossings:K,down:!1}}function $s(t,e){let n=Array.
from({length:t},()=>[]),o=Array.from({length:t},()=>[]);for(let[s,i]of e)n[i].push(s),o[s].push(i);let a=new Array(t).fill(
0),c=0,l=1/0;for(let s=0;s<t;s++){for(let i of n[s])a[s]=T(a[s],a[i]+1);c=T(c,a[s])}for(let s=t-1;s>=0;s--){let i=o[s].length?
1/0:c;for(let f of o[s])i=_(i,a[f]-1);a[s]=i}for(let s=0;s<t;s++){if(n[s].length>o[s].length&&n[s].every(i=>o[i].length>
1)){let i=0;for(let f of n[s])i=T(i,a[f]+1);a[s]=i}l=_(l,a[s])}return a.map(s=>s-l)}var je=76,Sn=new Map;function Co(t){if(t<0||!/(^|= )[Σ∏] of/.test(st[t].label))return[];if(Sn.has(t))return Sn.get(t);
let e=[],n=[Kt[t]];for(Sn.set(t,e);n.length&&e.length<60;){let o=n.pop();d.home[o]===t?n.push(...[...Y.operands(o)].reverse()):
e.push(o)}return e}function Lo(t,e){let n=t.map(c=>r.R.data[c]).map(c=>isFinite(c)?c:0),o=T(...n.map(D))||1,a=_(7,(je-14)/
n.length);return n.map((c,l)=>`M${e+l*a} 14v${-11*c/o}h${T(1,a-1)}v${11*c/o}z`).join("")}var Cn=46,ve=7.9,Xt=11,bs=12,ys=32,oe=11.2/13,vs="http://www.w3.org/2000/svg",ks=matchMedia("(prefers-reduced-motion:red\
uce)"),M=(t,e,n={},o)=>{let a=document.createElementNS(vs,t);for(let c in n)a.setAttribute(c,n[c]);return o!==void 0&&(a.
textContent=o),e.append(a),a},Ct=u("picture"),To=null,Lt=()=>To??=Ct.getBoundingClientRect(),Mn=()=>{To=null};new ResizeObserver(
Mn).observe(Ct);var De=new Map,Be=new Map,Ln=()=>{},Ft=null,Mo=t=>{Ln=t};function Io(){for(let t of[d.boxes,30,22,16,11]){
Object.assign(r,{open:eo(st,$n,t),boxes:[],way:void 0,tight:!1});let e=Ut(Tn(),Rn());if(e>=oe||(r.tight=!0,r.way=void 0,
e>.6*oe&&Ut(Tn(),Rn())>=oe))break}Object.assign(r,{boxes:[],begun:r.open.slice()}),Oe()}var Rn=()=>{let{width:t,height:e}=Lt();
return[t-30,e-36]};function Tn(){xo();for(let s of r.boxes){let i=s.node,f=st[s.group],p=d.op[i]?J.formula(i):"";s.label=
f?`${ne(f)}: ${Pe(s.group)}, press to open`:d.name[i]+(p&&` = ${p}`),s.steps=!f&&It[i]>1&&It[i]<=40?Wt(i):[],s.whole=!f||
f.closing>=0,s.terms=Co(s.group),[s.name,s.named,s.rest]=f&&f.label?[H(f.label),!0,""]:[H(d.name[i]),d.named[i],p&&Os(d.
name[i],p)],s.mark=f?d.origins.some(w=>ye(d.home[w],s.group))?"  not finite inside":"":d.origin[i]?`  ${d.origin[i][0]}`:
"";let m=d.forward?0:te(r.R.grad[i]).length+(It[i]>1&&(r.tight?2:7))+8,x=s.whole?te(r.R.data[i]).length+m:Pe(s.group).length;
s.remark=s.whole&&d.remarks[i]||[],s.high=Cn+15*s.remark.length,s.wide=T(...s.remark.map(w=>Te(w)*ve),Te(s.name+s.rest+s.
mark)*ve+(s.terms.length>1&&je),x*ve)+2*Xt}let t=Rn(),e=r.boxes.length<=bs,n=s=>t[s==="down"?1:0],o=s=>So(r.boxes.map(i=>[
i.wide,i.high+s]),r.edges,t,r.way),a=o(e?14:0);e&&Ut(a,t)<1&&(a=o(0)),r.way=a.down?"down":"right";let c=T(1,...a.columns),
l=n(r.way)-(a.down?a.height:a.width);return a=No(a,r.edges,T(ys,_(e?90:62,Fe+l/c))),r.boxes.forEach((s,i)=>{s.x=a.x[i],s.
y=a.y[i]}),a}function Oe(){let{boxes:t,boxOf:e}=r;Es(Tn(),t.length&&(n=>t[e[n]])),document.querySelector("#legend .folde\
d").hidden=r.boxes.every(n=>n.group<0)}function Os(t,e){let n=/^\w+\[\d+\]\[\d+\]\./.exec(t.replace(xt,"")),o=e.replace(
/row \d+: /g,"").replace(/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g,"[$1][$2]");return" = "+H(n?o.replaceAll(n[0],"."):o)}var Ro=(t,e,n)=>{
t.style.transform=`translate(${n.x-e.wide/2}px,${n.y-e.high/2}px)`};function Es(t,e){let n=new Map;for(let o of r.boxes){
let a=De.get(o.key)||As(o);De.delete(o.key),n.set(o.key,a),o.element=a,[o.value,o.gradient]=a.querySelectorAll("tspan.da\
ta,tspan.grad");for(let c of a.querySelectorAll("rect.body,rect.back"))c.setAttribute("width",o.wide);a.querySelector("r\
ect.ring").setAttribute("width",o.wide+12),e&&Ro(a,o,e(o.node)??o),(a.parentNode!==u("boxes")||a.nextSibling)&&u("boxes").
append(a)}for(let o of De.values())o.remove();De=n,e&&Ct.getBoundingClientRect();for(let o of r.boxes)Ro(o.element,o,o);
u("edges").replaceChildren(),u("notes").replaceChildren(),Be=new Map,r.edges.forEach(([o,a],c)=>{let l=t.routes[c],[s,i]=l[0],
f=`M${s} ${i}`,[p,m]=l[0];for(let[K,q]of l.slice(1)){let F=(s+K)/2,pt=(i+q)/2;f+=s===K||i===q?`L${K} ${q}`:t.down?`C${s}\
 ${pt} ${K} ${pt} ${K} ${q}`:`C${F} ${i} ${F} ${q} ${K} ${q}`,[s,i]=[K,q]}let x=`M${s} ${i}`+(t.down?"m-4 -8l4 8l4 -8":"\
m-8 -4l8 4l-8 4"),w=`M${p} ${m}`+(t.down?"m-4 8l4 -8l4 8":"m8 -4l-8 4l8 4"),$=M("path",u("edges"),{class:"edge",d:f+x}),
[L,E]=l.slice(-3),R=r.boxes[o].group<0&&r.boxes[a].group<0,O=r.edges.some(([K,q])=>q===a&&K!==o),S=L[0]<E[0]-1,B=t.down?
S===O?-1:1:0,V=R&&M("text",u("notes"),{class:"note","text-anchor":["end","middle","start"][B+1],x:(L[0]+E[0])/2+8*B,y:(L[1]+
E[1])/2+(B?4:-6)});Be.set(o*r.boxes.length+a,{u:o,v:a,line:$,path:f,there:x,back:w,note:V,way:x,middle:[(L[0]+E[0])/2,(L[1]+
E[1])/2]})})}function As(t){let e=t.group<0&&!d.op[t.node],n=t.group>=0,o=M("g",u("boxes"),{class:`box${e?" leaf":""}${n?
" fold":""}`,tabindex:0,role:"button"});o.dataset.key=t.key,M("title",o),M("rect",o,{class:"ring",x:-6,y:-6,height:t.high+
12,rx:11}),n&&M("rect",o,{class:"back",x:4,y:4,height:t.high,rx:7}),M("rect",o,{class:"body",height:t.high,rx:7});let a=t.
whole&&d.colours[t.node];a&&(o.classList.add("own"),o.style.setProperty("--own",a));let c=M("text",o,{x:Xt,y:19});M("tsp\
an",c,{class:t.named?"name":"how"},t.name),M("tspan",c,{class:"how"},t.rest),t.mark&&M("tspan",c,{class:"mark"},t.mark);
let l=M("text",o,{x:Xt,y:36,lengthAdjust:"spacingAndGlyphs"});return t.whole?(M("tspan",l,{class:"data"}),M("tspan",l,{class:"\
how"},d.forward?"":"  grad "),M("tspan",l,{class:"grad"})):M("tspan",l,{class:"how"},Pe(t.group)),t.remark.forEach((s,i)=>M(
"text",o,{class:"remark",x:Xt,y:53+15*i},s)),M("g",o,{class:"parts"}),o.addEventListener("click",()=>{_e||Ln(t.key)}),o.
addEventListener("keydown",s=>{s.key!=="Enter"&&s.key!==" "||(Ln(t.key),s.preventDefault(),s.stopPropagation())}),o}var se=t=>ht(
t).element;function qo(){let{s:t,kind:e,node:n,target:o}=vt(),a=r.quiz&&r.now<Y.STEPS?r.now:-1,c=a<0?-1:Y.stepInput[a]<0?
qt[a]:Y.stepInput[a],l=e==="forward"?new Set(rt[n].filter(s=>typeof s=="number").map(s=>r.boxOf[s])):new Set;r.boxes.forEach(
(s,i)=>{let f=s.node,p=s.element.classList,m={now:o>=0&&r.boxOf[o]===i,back:o>=0&&r.boxOf[o]===i&&e!=="forward",sender:e===
"backward"&&r.boxOf[n]===i&&r.boxOf[o]!==i,feeds:l.has(i)&&r.boxOf[n]!==i,asked:c>=0&&r.boxOf[c]===i,chosen:r.boxOf[r.chosen]===
i&&s.group<0,later:!it(f),wrong:s.mark&&r.R===r.original,beside:!!s.beside};for(let w in m)p.toggle(w,!!m[w]);let x=s.label+
(m.wrong?`;${s.mark}`:"");if(s.value){let w=go(f),$=d.forward?"":mo(f);if(x+=[`
${be(f)}`,...s.remark].join(`
`),s.value.textContent!==w||s.gradient.textContent!==$){s.value.textContent=w,s.gradient.textContent=$;let L=s.value.parentNode,
E=s.wide-2*Xt;Te(L.textContent)*ve>E+2?L.setAttribute("textLength",E):L.removeAttribute("textLength")}s.value.classList.
toggle("changed",!d.op[f]&&!Object.is(r.leaves[f],Y.first[f]))}d.line[f]&&s.group<0&&(x+=`
`+d.line[f]),s.title!==x&&(s.element.firstChild.textContent=s.title=x,s.element.setAttribute("aria-label",x.replaceAll(`\

`,"; "))),Ss(s)});for(let s of Be.values()){let{u:i,v:f,line:p,note:m}=s,x=r.boxes[i].node,w=r.boxes[f].node,$=e==="back\
ward"&&r.boxOf[o]===i&&r.boxOf[n]===f;p.classList.toggle("now",$),p.classList.toggle("ahead",e==="forward"&&r.boxOf[n]===
f&&l.has(i)&&rt[n].some(S=>typeof S=="number"&&r.boxOf[S]===i));let L=$?s.back:s.there;if(L!==s.way&&p.setAttribute("d",
s.path+(s.way=L)),!m)continue;let E=rt[w].filter(S=>S===x).length,R=r.slopes&&wo(w,x),O=$?"":R?te(Y.localOf(w,x,r.R.data)):
E>1?`used ${E}×`:"";m.textContent!==O&&(m.textContent=O),m.classList.toggle("slope",R)}Ns(e==="backward"&&r.boxOf[n]!==
r.boxOf[o]?Be.get(r.boxOf[o]*r.boxes.length+r.boxOf[n]):null,t),ht(o)&&We(ht(o)),Rt()}function Ss(t){let{steps:e}=t,n=t.
terms.length>1&&t.terms.every(it),o=e.length&&r.now>Y.SEED,a=n?1:o?e.filter(m=>m<r.now).length:-1,c=!r.fresh&&e.includes(
r.now-1);if(t.done===a&&t.last===c&&t.run===r.R)return;Object.assign(t,{done:a,last:c,run:r.R});let l=t.element.querySelector(
".parts");if(l.replaceChildren(),n&&M("path",l,{class:"spark",d:Lo(t.terms,t.wide-je+4)}),n||a<0)return;let s=e.map(m=>D(
r.R.amount[m])),i=s.reduce((m,x)=>m+x,0);if(!isFinite(i)||!i)return;let f=Xt,p=t.wide-2*Xt;M("rect",l,{class:"track",x:f,
y:Cn-6,width:p,height:4}),e.forEach((m,x)=>{let w=p*s[x]/i;m<r.now&&w>.4&&M("rect",l,{class:`part${r.R.amount[m]<0?" min\
us":""}${c&&m<r.now-1?" before":""}`,x:f+.5,y:Cn-6,width:T(.4,w-1),height:4}),f+=w})}var Nn=0;function Ns(t,e){let n=u("\
pill");if(cancelAnimationFrame(Nn),n.replaceChildren(),!t){n.dataset.step="";return}let o=Gn(r.R.amount[e]),a=o.length*ve+
14,c=n.dataset.step===String(e);M("rect",n,{x:-a/2,y:-11,width:a,height:22,rx:11}),M("text",n,{"text-anchor":"middle",y:4.5},
o);let l=(m,x)=>n.setAttribute("transform",`translate(${m} ${x})`);if(n.dataset.step=e,l(...t.middle),ks.matches||c||document.
hidden)return;let s=performance.now(),{line:i,middle:f}=t,p=m=>{t.long??=i.getTotalLength()-18;let x=E=>i.getPointAtLength(
t.long*E),w=E=>{let R=x(E);return Math.hypot(R.x-f[0],R.y-f[1])};t.rest??=Array.from({length:20},(E,R)=>R/20).reduce((E,R)=>w(
R)<w(E)?R:E);let $=_(1,T(0,(m-s)/600)),L=x(1-(1-t.rest)*(1-(1-$)**2));$<1?(l(L.x,L.y),Nn=requestAnimationFrame(p)):l(...f)};
Nn=requestAnimationFrame(p)}function In(t,e,n=()=>[]){let o=ht(e)??r.boxes[0],a=o.x*U+ut,c=o.y*U+dt;t(),Oe();let l=ht(e);
ut=a-l.x*U,dt=c-l.y*U,U<oe&&re(oe/U,a,c),at();let{width:s,height:i}=Lt(),f=([m,x,w,$])=>(x-m)*U<s-20&&($-w)*U<i-80,p=n();
f(jt(r.boxes))?Cs():p.length&&f(jt(p))?zo(jt(p)):r.focus?Ht(e):We(l),Rt(!0)}function Po(t){let e=Pt(t),n=e.filter(a=>!r.
open[a]),o=ht(t);(n.length||!o)&&In(()=>{for(let a of n)r.open[a]=!0;ze(e[e.length-1])},o?o.node:t)}var ht=t=>r.boxes[r.
boxOf[t]],U=1,ut=0,dt=0,_e=!1,ke=new Map,jt=t=>{let e=(n,o,a)=>n*T(...t.map(c=>n*c[o]+c[a]/2));return[e(-1,"x","wide"),e(
1,"x","wide"),e(-1,"y","high"),e(1,"y","high")]};function Rt(t){let{width:e,height:n}=Lt();if(r.boxes.length&&e){let[o,a,
c,l]=jt(r.boxes),s=60;ut=_(e-s-o*U,T(s-a*U,ut)),dt=_(n-s-c*U,T(s-l*U,dt))}t!==void 0&&u("view").classList.toggle("glide",
t),u("view").style.transform=`translate(${ut}px,${dt}px) scale(${U})`}function re(t,e,n){let{width:o,height:a}=Lt();e??=
o/2,n??=a/2;let c=T(.02,_(4,U*t));ut=e-(e-ut)*c/U,dt=n-(n-dt)*c/U,U=c,Rt(!1)}function Cs(){let{width:t,height:e}=Lt(),[n,
o,a,c]=jt(r.boxes);ut=(t-(n+o)*U)/2,dt=(e-(a+c)*U)/2}function Ht(t,e=oe,n=r.boxes){Mn();let{width:o,height:a}=Lt(),[c,l,
s,i]=jt(n),f=ht(t)??r.boxes[0];U=T(e,.02,_(1.8,(o-40)/(l-c),(a-46)/(i-s)));let p=(m,x,w,$)=>(w-x)*U<=m-20?(m-(x+w)*U)/2:
_(20-x*U,T(m-20-w*U,m/2-$*U));ut=p(o,c,l,f.x),dt=p(a,s,i,f.y),Rt(!0)}var qn=()=>Ht(W,0),We=t=>zo(jt([t]));function zo([t,
e,n,o]){let{width:a,height:c}=Lt(),l=u("crumbs").hidden?14:44,s=(p,m,x,w)=>m-p>w-x?(x+w-p-m)/2:T(0,x-p)+_(0,w-m),i=s(t*U+
ut,e*U+ut,12,a-12),f=s(n*U+dt,o*U+dt,l,c-14);!i&&!f||(ut+=i,dt+=f,Rt(!0))}function Ke(){Mn(),Oe(),at(),Ht(r.chosen)}var Fo=()=>{},
jo=t=>{Fo=t};Ct.addEventListener("wheel",t=>{t.preventDefault();let e=Lt();re(Math.exp(-t.deltaY*.0015),t.clientX-e.left,
t.clientY-e.top)},{passive:!1});Ct.addEventListener("pointerdown",t=>{_e=!1;let e=t.target.closest(".box.leaf .data");if(e&&
!ke.size&&!r.quiz&&!d.fixed){let n=Number(e.closest(".box").dataset.key.slice(1)),o=r.leaves[n];isFinite(o)&&(Ft={id:t.pointerId,
i:n,from:t.clientX,x:o,unit:(D(Y.first[n])||1)/100})}ke.set(t.pointerId,{start:t,last:t})});addEventListener("pointermov\
e",t=>{let e=ke.get(t.pointerId);if(!e)return;Math.hypot(t.clientX-e.start.clientX,t.clientY-e.start.clientY)>4&&(_e=!0);
let{last:n}=e;if(e.last=t,!_e)return;if(Ft&&Ft.id===t.pointerId){Fo(Ft.i,Number((Ft.x+Math.round(t.clientX-Ft.from)*Ft.unit).
toPrecision(6)));return}let o=[...ke.values()].filter(a=>a!==e);if(o.length){let a=Lt(),c=o[0].last,l=s=>Math.hypot(s.clientX-
c.clientX,s.clientY-c.clientY)||1;re(l(t)/l(n),c.clientX-a.left,c.clientY-a.top)}else ut+=t.clientX-n.clientX,dt+=t.clientY-
n.clientY,Rt(!1)});for(let t of["pointerup","pointercancel"])addEventListener(t,e=>{ke.delete(e.pointerId),Ft=null});addEventListener(
"beforeprint",()=>{let[t,e,n,o]=jt(r.boxes);Ct.setAttribute("viewBox",`${t-9} ${n-9} ${e-t+18} ${o-n+18}`),u("view").style.
transform=""});addEventListener("afterprint",()=>{Ct.removeAttribute("viewBox"),Rt()});var Do=33,Ls=4e3,Pn=()=>!d.op[r.chosen],Bo=()=>D(ot[r.chosen])||1;function Ee(t,e){r.chosen=t,Ue(""),vn(t,e),at()}var Ue=t=>{
u("trouble").textContent=t,u("value").setAttribute("aria-invalid",!!t)};function _o(){let t=r.chosen,e=yn();if(u("whatif").
hidden=r.quiz||!!d.fixed||!Pn()&&!e.length,u("try").hidden=!Pn(),u("whatif").hidden)return;let n=u("chips").contains(document.
activeElement);u("chips").replaceChildren();for(let s of e){let i=A(u("chips"),"button",`${H(d.name[s])} ${nt(ot[s])} → ${nt(
r.leaves[s])} ✕`);i.setAttribute("aria-label",`put ${d.name[s]} back from ${nt(r.leaves[s])} to ${nt(ot[s])}`),i.onclick=
()=>Ee(s,ot[s])}e.length>1&&(A(u("chips"),"button","put all back").onclick=()=>{for(let s of e)vn(s,ot[s]);at()}),n&&(u(
"chips").firstChild||u("value")).focus();let o=r.original.data[W],a=r.R.data[W],c=Zn(r.original,ot,r.leaves,e),l=H(d.name[W]);
if(e.length){let s=e.slice(0,4).map(i=>`${z(r.original.grad[i])} × ${wt(r.leaves[i]-ot[i])}`).join(" + ")+(e.length>4?"\
 + …":"");u("tangent").textContent=`${l} = ${nt(a)} instead of ${nt(o)}: it changes by ${z(a-o)}.`+(d.forward?"":` The\
 gradients say ${s} = ${z(c)}.`)}else u("tangent").textContent=`Type another number, or a change such as +0.1, or drag i\
t: what becomes of ${l}?`;Pn()&&(u("whatname").textContent=`${H(d.name[t])} =`,document.activeElement!==u("value")&&(u("\
value").value=nt(r.leaves[t]),Ue("")),u("less").disabled=u("greater").disabled=!isFinite(ot[t]),Rs(t))}function Rs(t){let e=u(
"curve"),n=r.leaves[t];if(e.replaceChildren(),u("curvebox").hidden=bt>Ls||!isFinite(n)||!isFinite(r.R.data[W])||t===W,u(
"curvebox").hidden)return;let o=T(Bo(),1.25*D(n-ot[t])||0),a=300,c=120,l=ot[t]-o,s=ot[t]+o,i=Array.from({length:Do},(q,F)=>l+
(s-l)*F/(Do-1)),f=Y.curve(r.leaves,t,i),p=f.filter(isFinite);if(p.length<2){u("curvebox").hidden=!0;return}let m=_(...p),
x=T(...p);x-m<1e-12*T(1,D(x))&&(m-=1,x+=1);let w=q=>8+(a-16)*(q-l)/(s-l),$=q=>c-10-(c-20)*(q-m)/(x-m),L=(q,F)=>M("path",
e,{class:q,d:F}),E="",R=!1;i.forEach((q,F)=>{R=isFinite(f[F])?(E+=`${R?"L":"M"}${w(q).toFixed(1)} ${$(f[F]).toFixed(1)}`,
!0):!1});let O=r.R.grad[t],S=r.R.data[W];L("axis",`M8 ${c-2}H${a-8}`),isFinite(O)&&!d.forward&&L("tan",`M${w(l)} ${$(S+O*
(l-n))}L${w(s)} ${$(S+O*(s-n))}`),L("fun",E);let B=(q,F,pt)=>M("circle",e,{class:q,cx:w(F),cy:$(pt),r:4});n!==ot[t]&&yn().
length===1&&isFinite(r.original.data[W])&&B("ghost",ot[t],r.original.data[W]),B("dot",n,S);let V=H(d.name[W]),K=H(d.name[t]);
u("curvesays").textContent=`${V} over ${K}, from ${z(l)} to ${z(s)}`+(d.forward?"":`; dashed: its tangent here, slope ${z(
O)}`),e.setAttribute("aria-label",u("curvesays").textContent)}function Wo(){tt("value","input",()=>{let e=u("value").value,
n=Le(e);n===void 0?Ue(Re(e)):Ee(r.chosen,/^ *\+/.test(e)?ot[r.chosen]+n:n)}),tt("value","blur",()=>{u("value").value=nt(
r.leaves[r.chosen]),Ue("")});let t=e=>()=>Ee(r.chosen,Number((r.leaves[r.chosen]+e*Bo()).toPrecision(12)));tt("less","cl\
ick",t(-.1)),tt("greater","click",t(.1))}var kt=u("net"),He=kt.firstElementChild,Yt=[...kt.querySelectorAll(".neuron")],zn=[...kt.querySelectorAll("line[data-n]")],
ce=t=>Number(t.dataset.n??t.dataset.bias??NaN),Ko=t=>r.R.data[t]<0?"minus":"plus",Tt=null;function Uo(t){let e=D(t);return!isFinite(
t)||!e?z(t):e<.005||e>=9999.5?t.toExponential(0).replace("e+","e"):String(Number(t.toFixed(e<9.995?2:e<99.95?1:0)))}var mt=new Map,
Ye=new Set(d.network?.weights);for(let t of[...zn,...Yt])for(let e of[t.dataset.n,t.dataset.bias])e&&mt.set(Number(e),t);
for(let t of Yt){let e=t.dataset.bias&&t.dataset.n?[...rt[t.dataset.n]]:[];for(;e.length;){let n=e.pop();if(!ct(n)||mt.has(
n))continue;let o=rt[n].find(a=>Ye.has(a));mt.set(n,o===void 0?t:mt.get(o)),o===void 0&&e.push(...rt[n])}}function Ho(){
if(kt.hidden)return;let{largest:t,widest:e}=He.dataset,{kind:n,node:o,target:a}=vt(),c=n?[mt.get(o),mt.get(a)]:[],l=c.find(
s=>Ve.get(s));l&&(Tt=l);for(let s of zn){let i=ce(s),f=D(r.R.data[i])/t;s.setAttribute("class",`${Ko(i)}${c.includes(s)?
n==="forward"?" ahead":" now":""}`),s.setAttribute("stroke-width",.4+(e-.4)*_(2,f)),s.setAttribute("opacity",_(1,.2+.7*f)),
s.firstChild.textContent=`${d.name[i]}: ${be(i)}`}for(let s of Yt){if(s.classList.toggle("now",c.includes(s)&&n!=="forwa\
rd"),s.classList.toggle("ahead",c.includes(s)&&n==="forward"),s.classList.toggle("chosen",s===Tt),!s.dataset.n)continue;
let i=ce(s),f=s.querySelector(".tint"),p=s.querySelector(".value"),m=s.querySelector(".grad");p.textContent=it(i)?Uo(r.R.
data[i]):"?",m.textContent=qe(i)?Uo(ho(i)):Mt(i)?"0":"",f.setAttribute("class","tint "+Ko(i)),f.setAttribute("fill-opaci\
ty",it(i)?_(.36,s.dataset.tint*D(r.R.data[i])):0),s.classList.toggle("dead",Xo(s)),s.firstChild.textContent=`${s.dataset.
name}, ${be(i)}`,s.setAttribute("aria-label",s.firstChild.textContent+(Xo(s)?", its activation passes nothing back":""))}
Yo()}function Ts(t){let e=t.dataset.n===void 0?-1:Number(t.dataset.n),n=t.dataset.bias;if(n===void 0||e<0)return null;let o=i=>ct(
i)&&d.op[i]==="add",a=o(e)?e:rt[e].find(o)??e,c=[],l=[a];for(;l.length;){let i=l.pop();for(let f of[...rt[i]].reverse())
!ct(f)||f===Number(n)||(o(f)&&mt.get(f)===t?l.push(f):rt[f].some(p=>Ye.has(p))&&c.push(f))}let s=c.map(i=>{let f=rt[i].find(
p=>Ye.has(p));return{product:i,weight:f,given:rt[i].find(p=>p!==f)??f}});return s.sort((i,f)=>d.network.weights.indexOf(
i.weight)-d.network.weights.indexOf(f.weight)),{output:e,sum:a,bias:Number(n),rows:s}}var Fn=t=>t.output===t.sum?1:Y.localOf(
t.output,t.sum,r.R.data);function Xo(t){let e=Ve.get(t);return!!e&&e.output!==e.sum&&it(e.output)&&Fn(e)===0}var Ve=new Map(
Yt.map(t=>[t,Ts(t)]));function Yo(){let t=u("card"),e=Tt&&Ve.get(Tt);if(u("cardbox").hidden=kt.hidden||!e,u("chosen").hidden=
!u("cardbox").hidden&&!!d.op[r.chosen],u("cardbox").hidden)return;t.replaceChildren(),u("cardname").textContent=Tt.dataset.
name;let n=i=>it(i)?nt(r.R.data[i]):"?",o=A(t,"table"),a=A(o,"tr"),c=T(...[...e.rows.map(i=>i.product),e.bias].map(i=>D(
r.R.data[i])))||1;for(let i of["from","input × weight","",""])A(a,"th",i);let l=(i,f,p)=>{let m=A(o,"tr"),x=r.R.data[p];
A(m,"td",i),A(m,"td",f),A(m,"td",n(p),"d");let w=A(m,"td",void 0,"bar"),$=A(w,"i",void 0,x<0?"minus":"plus");$.style.width=
`${it(p)?50*D(x)/c:0}%`};e.rows.slice(0,24).forEach((i,f)=>{let p=ct(i.given),m=p?r.R.data[i.given]:Number(i.given[0]),x=p&&
mt.get(i.given)?mt.get(i.given).dataset.name??H(d.name[i.given]):`input ${f}`,w=pe(r.R.data[i.weight]);l(x.replace(/ of layer .*/,
""),`${p&&!it(i.given)?"?":pe(m)} × ${w[0]==="-"?`(${w})`:w}`,i.product)}),e.rows.length>24&&A(A(o,"tr"),"td",`and ${e.
rows.length-24} more`),l("bias","",e.bias);let s=A(o,"tr",void 0,"total");if(A(s,"td","sum"),A(s,"td",""),A(s,"td",n(e.sum),
"d"),A(s,"td",""),e.output!==e.sum){let i=d.op[e.output];zt(t,[`${i}(${n(e.sum)}) = ${n(e.output)}`,`<mi mathvariant="no\
rmal">${i}</mi><mo>(</mo><mn>${n(e.sum).replace("-","−")}</mn><mo>)</mo>
<mrow class="d"><mn>${n(e.output).replace("-","−")}</mn></mrow>`],"big"),it(e.output)&&(Is(t,e,i),d.forward||A(t,"p",Ms(
e,i)))}else A(t,"p","It has no activation: it gives the sum.","f");qs(t,e.output),d.forward||A(t,"p",`gradient of its ou\
tput ${ee(e.output)}${e.output===e.sum?"":`, of its sum ${ee(e.sum)}`}`,"g")}function Ms(t,e){let n=Fn(t),o=z(r.R.data[t.
sum]);return n===0?`${e} is shut at ${o}: its slope is 0, and it passes nothing back to its weights.`:D(n)<.05?`${e} is \
flat at ${o} (saturated): its slope is ${z(n)}, and hardly anything is passed back.`:`The slope of ${e} at ${o} is ${z(n)}\
: so much of the gradient is passed back.`}function Is(t,e,n){let o=r.R.data[e.sum],a=E=>Y.ops[n].f(...rt[e.output].map(
(R,O)=>R===e.sum?E:ct(R)?r.R.data[R]:Y.plain[e.output][O]));if(!isFinite(o))return;let c=T(3,1.3*D(o)),l=Array.from({length:61},
(E,R)=>c*(R/30-1)),s=l.map(a);if(!s.every(isFinite))return;let i=_(...s,0),f=T(...s,.1),p=E=>150+140*E/c,m=E=>90-80*(E-i)/
(f-i),x=M("svg",t,{viewBox:"0 0 300 100",class:"curve",role:"img","aria-label":`${n}, at ${z(o)}`});M("path",x,{class:"a\
xis",d:`M8 ${m(0)}H292M150 6V96`}),M("path",x,{class:"fun",d:"M"+l.map((E,R)=>`${p(E).toFixed(1)} ${m(s[R]).toFixed(1)}`).
join("L")});let w=Fn(e),$=r.R.data[e.output],L=.3*c;d.forward||M("path",x,{class:"tan",d:`M${p(o-L)} ${m($-w*L)}L${p(o+L)}\
 ${m($+w*L)}`}),M("circle",x,{class:"dot",cx:p(o),cy:m($),r:4.5})}var ae=Yt.filter(t=>t.dataset.n&&!t.dataset.bias).map(
ce),ie=24,Xe={};function qs(t,e){if(ae.length!==2||Y.N>4e3||ae.some(s=>d.op[s]||!isFinite(r.R.data[s])))return;let n=1.5*
T(1,...ae.map(s=>D(r.R.data[s]))),o=s=>n*((2*s+1)/ie-1);if(Xe.run!==r.R||Xe.output!==e){let s=r.leaves.slice(),i=document.
createElement("canvas"),f=i.getContext("2d"),p=[];i.width=i.height=ie;for(let x=0;x<ie;x++)for(let w=0;w<ie;w++)s[ae[0]]=
o(w),s[ae[1]]=-o(x),p.push(Y.valuesOf(s)[e]);let m=T(...p.map(D))||1;p.forEach((x,w)=>{f.fillStyle=x<0?"#d55e00":"#0072b\
2",f.globalAlpha=D(x)/m||0,f.fillRect(w%ie,Math.floor(w/ie),1,1)}),Xe={run:r.R,output:e,values:p,url:i.toDataURL()}}let a=M(
"svg",t,{viewBox:"0 0 300 146",class:"curve",role:"img","aria-label":`what it gives for inputs from ${z(-n)} to ${z(n)}`});
M("image",a,{href:Xe.url,x:80,y:2,width:140,height:140,preserveAspectRatio:"none"}),M("path",a,{class:"axis",d:"M80 2h14\
0v140h-140zM150 2v140M80 72h140"});let[c,l]=ae.map(s=>r.R.data[s]/n*70);M("circle",a,{class:"dot",cx:150+c,cy:72-l,r:4.5}),
M("text",a,{x:224,y:76},"x0"),M("text",a,{x:60,y:13},"x1")}function Ae(t){kt.hidden=!t,Ct.style.display=t?"none":"";for(let e of[
"fit","partials"])u(e).hidden=t;u("legend").hidden=t,u("network").setAttribute("aria-pressed",t),Yo(),t?Ho():Ke()}function Ps(t){
for(let e of t)for(let n of Pt(e))r.open[n]=!0;r.focus=0,Oe(),at(),Ht(t[0],0,t.map(ht))}function zs(t){let e=[...mt.keys()].
filter(a=>mt.get(a)===t),n=a=>rt[a].filter(c=>Ye.has(c)),o=e.flatMap(a=>rt[a].filter(c=>ct(c)&&n(c).length));Ae(!1),r.chosen=
ce(t),Ps([r.chosen,...e,...o,...o.flatMap(n)]),se(r.chosen).focus({preventScroll:!0})}function Fs(t){let e=t.target.closest(
".neuron[role],line[data-n]");!e||t.key&&t.key!=="Enter"&&t.key!==" "||(t.preventDefault(),t.stopPropagation(),r.chosen=
ce(e),Tt=e.tagName==="line"?Tt:e,at())}function Vo(){if(d.network){He.setAttribute("role","group");for(let t of["width",
"height"])He.style.setProperty("min-"+t,He.getAttribute(t)+"px");for(let t of[...Yt,...zn])isNaN(ce(t))||(t.setAttribute(
"tabindex",0),t.setAttribute("role","button"),!(!t.dataset.n||t.tagName==="line")&&M("text",t,{class:"grad",y:34}));for(let t of[
"click","keydown"])kt.addEventListener(t,Fs);tt("scalars","click",()=>zs(Tt)),Ie(Ho),addEventListener("keydown",t=>{t.key===
"n"&&t.target.tagName!=="INPUT"&&!t.ctrlKey&&!t.metaKey&&!t.altKey&&Ae(kt.hidden)}),tt("network","click",()=>Ae(kt.hidden)),
addEventListener("look",()=>{kt.hidden||Ae(!1)}),d.network.open&&(r.chosen=W,Tt=Yt.find(t=>Ve.get(t))??null,Ae(!0))}}var Ge=0,jn=-1,Je=0,Se=0,Dn=()=>{};function Bn(){let t=r.now,e=qt[t],n=$e[t],o=r.R;if(n===-1){let c=J.valueLine(e,o.data,
!0);return{say:`What is ${H(d.name[e])}?`,line:c,right:o.data[e],hints:["Put the numbers of its inputs in.",`${c[0].split(
" = ").slice(-2)[0]} is it.`]}}if(n===-2)return{say:`What is ${J.d(W)}?`,line:[`${J.d(W)} = ?`,J.dMath(W)+`
<mo>?</mo>`],right:1,hints:["How much does a number change when it changes itself?","Just as much: 1."]};let a=J.slope(e,
n,o.data);return{say:`What does ${H(d.name[e])} = ${J.formula(e)} hand to ${H(d.name[n])}?`,line:J.chainLine(t,e,n,o,!0),
right:o.amount[t],hints:[a?`The local slope is ${J.partial(e,n)} = ${xe(a)}.`:`The local slope ${J.partial(e,n)} is a co\
nstant.`,`${z(o.grad[e])} × ${wt(o.local[t])} is it.`]}}function Jo(){if(u("ask").hidden=!r.quiz,!r.quiz)return;let t=r.
now>=et;if(u("answer").hidden=t,u("again").hidden=!t,t){u("verdict").textContent=`${u("verdict").dataset.last||""} Done:\
 ${Je} of ${Se} at the first try.`.trim();return}jn!==r.now&&(jn=r.now,Ge=0);let{say:e,line:n}=Bn();u("question").replaceChildren(),
A(u("question"),"span",e+" "),A(u("question"),"span",n[0],"said"),u("asked").innerHTML=An(n[1])}var Qe=t=>{u("verdict").
textContent=u("verdict").dataset.last=t},Ot=()=>{Qe(""),u("guess").removeAttribute("aria-invalid")};function Qo(t){Dn=t,
tt("answer","submit",e=>{e.preventDefault();let{right:n,hints:o}=Bn(),a=u("guess").value,c=Le(a);if(u("guess").setAttribute(
"aria-invalid",c===void 0),c===void 0){Qe(a.trim()?Re(a):"Type a number.");return}if(!(c===n||isNaN(c)&&isNaN(n)||D(c-n)<=
.005*D(n)+1e-9)){Qe(`Not ${z(c)}. ${o[_(Ge++,1)]}`);return}Se++,Ge||Je++,Go(`Right: ${nt(n)}.`)}),tt("reveal","click",()=>{
Se++,Go(`It was ${nt(Bn().right)}.`)}),tt("again","click",()=>{Je=Se=0,Ot(),Dn(0),u("guess").focus()})}function Go(t){Qe(
t),u("guess").value="",Dn(r.now+1),(r.now>=et?u("again"):u("guess")).focus()}var Zo=()=>{Je=Se=0,Ge=0,jn=-1,Ot()};var Ze=0,gt=[],le=-1,fe=()=>Ze>0;function Et(t){r.fresh=!1,Qt(t);let{kind:e,target:n}=vt();e&&(r.chosen=n),at()}var os=/\[(\d+)\]\[\d+\]|layers\[(\d+)\]/,
js={operation:null,box:t=>r.boxOf[t],layer:t=>{let e=os.exec(d.name[t]);return e?`layer ${e[1]??e[2]}`:r.boxOf[t]},row:t=>xt.
exec(d.name[t])?.[1]??"none"},en=(t,e=u("unit").value)=>{Ot();let n=js[e];Et(n?to(Y,r.now,t,n):r.now+t)};function nn(t){
if(clearTimeout(Ze),Ze=0,t&&r.now<et&&!r.quiz){let{kind:e}=vt(),n=[...u("line").querySelectorAll("p,h2")].map(o=>o.querySelector(
".said")?.textContent??o.textContent).join(" ");Ze=setTimeout(()=>{en(1),nn(!0)},Jn(n,e==="backward"?3e3:1200)/Number(u(
"speed").value))}u("play").textContent=fe()?"pause":"play",u("play").classList.toggle("on",fe())}var ts=t=>{r.quiz&&r.now<
et?(r.fresh=!1,at(),u("guess").focus()):en(1,t)},ss=()=>u("unit").value==="operation"?"box":u("unit").value;function Ds(){
u("time").value=r.now,u("time").setAttribute("aria-valuetext",`step ${r.now} of ${et}`),u("count").textContent=`${lt(r.now)}\
 / ${lt(et)}`;for(let a of["play","time","next","last","skip"])u(a).disabled=r.quiz&&r.now<et;u("play").title=r.quiz?"th\
e quiz waits for your answers":"play (space)",r.quiz&&fe()&&nn(!1);let t=Pt(ht(r.chosen)?r.chosen:Kt[r.focus]).filter(a=>r.
open[a]&&(a===0||Zt[a]>1)),e=u("crumbs"),n=e.contains(document.activeElement),o=t.join();e.dataset.way!==o&&(e.dataset.way=
o,e.replaceChildren(),e.hidden=t.length<2||bt<=d.boxes,e.hidden||t.forEach((a,c)=>{let l=c===t.length-1,s=A(e,l?"span":"\
button",a?H(ne(st[a])):"all");l||(s.title="fold back to this",s.onclick=()=>_n(t[c+1],!1))}),n&&(e.querySelector("button")||
u("picture")).focus())}function rs(t){r.chosen=t,Po(t),at(),We(ht(t))}function _n(t,e){r.chosen=Kt[t],In(()=>{r.open[t]=
e;for(let n=t+1;!e&&n<st.length&&st[n].parent>=t;n++)r.open[n]=!1;ze(t)},Kt[t],()=>e?r.boxes.filter(n=>ye(d.home[n.node],
t)):[]),se(Kt[t]).focus({preventScroll:!0})}Mo(t=>{let e=Number(t.slice(1));t[0]==="g"?_n(e,!0):(rs(e),se(e).focus({preventScroll:!0}))});
jo(Ee);vo(t=>{Ot(),Et(t)});function Wn(t){let e=u("find").value.trim().toLowerCase();if(!t){if(gt=[],le=-1,e)for(let o=0;o<
bt;o++)(d.name[o].toLowerCase().includes(e)||d.op[o].toLowerCase()===e)&&gt.push(o);let n=gt.findIndex(o=>d.name[o].toLowerCase()===
e);n>0&&gt.unshift(...gt.splice(n,1)),u("hits").textContent=e?gt.length?`${lt(gt.length)} found`:"nothing found":"";return}
gt.length&&(le=(le+1)%gt.length,dispatchEvent(new Event("look")),rs(gt[le]),u("hits").textContent=`${le+1} of ${lt(gt.length)}`)}
var tn=(t,e)=>u(t).setAttribute("aria-pressed",e),Dt={first:()=>{Ot(),Et(0)},back:()=>en(-1),next:()=>ts(),last:()=>{Ot(),
Et(et)},fit:qn,skip:()=>ts(ss()),play:()=>{r.quiz||(!fe()&&r.now>=et&&Et(0),nn(!fe()))},partials:()=>{r.slopes=!r.slopes,
tn("partials",r.slopes),at()},quiz:()=>{r.quiz=!r.quiz,tn("quiz",r.quiz),Zo(),r.fresh=!0,Qt(r.quiz?0:et),at(),r.quiz&&u(
"guess").focus()},tovalue:()=>{Ot(),Et(Oo(r.chosen))},tograd:()=>{let t=r.chosen;Ot(),Et(Eo(t))},unfold:()=>_n(Number(u(
"unfold").dataset.group),!1)};for(let t in Dt)tt(t,"click",Dt[t]);tt("time","input",()=>{Ot(),Et(Number(u("time").value))});
tt("find","input",()=>Wn(!1));tt("find","keydown",t=>{t.key==="Enter"&&Wn(!0)});tt("find","change",()=>{le<0&&Wn(!0)});tt(
"speed","change",()=>nn(fe()));var es={ArrowRight:Dt.next,ArrowLeft:Dt.back," ":Dt.play,Home:Dt.first,End:Dt.last,0:qn,s:Dt.
partials,"+":()=>re(1.25),"-":()=>re(.8)};addEventListener("keydown",t=>{let e=t.target.tagName;if(!(e==="INPUT"&&t.target.
type!=="range"||e==="SELECT"||t.ctrlKey||t.metaKey||t.altKey)&&!(e==="INPUT"||t.key===" "&&e==="BUTTON")){if(t.shiftKey&&
t.key.startsWith("Arrow")&&!r.quiz){en(t.key==="ArrowRight"?1:-1,ss()),t.preventDefault();return}es[t.key]&&(es[t.key](),
t.preventDefault())}});for(let t of["pointerover","focusin"])addEventListener(t,e=>{let n=e.target.closest?.("[data-node\
]")?.dataset.node;for(let o of document.querySelectorAll(".pointed"))o.classList.remove("pointed");if(n!==void 0){se(Number(
n)).classList.add("pointed");for(let o of document.querySelectorAll(`#panel [data-node="${n}"]`))o.classList.add("pointe\
d")}});for(let t of[qo,bo,ko,_o,Jo,Ds])Ie(t);Wo();Qo(Et);d.name.filter((t,e)=>d.named[e]).slice(0,500).forEach(t=>{A(u("\
names"),"option").value=t});u("title").textContent=d.title;u("time").max=et;document.documentElement.style.setProperty("\
--forward",`${100*yt/et}%`);d.name.some(t=>os.test(t))&&A(u("unit"),"option","layer");d.name.some(t=>xt.test(t))&&A(u("u\
nit"),"option","row");tn("quiz",r.quiz);u("network").hidden=!d.network;Io();bt>200&&(u("unit").value="box");r.slopes=d.partials??
(r.boxes.length<=12&&!r.quiz);document.body.classList.toggle("values",d.forward);tn("partials",r.slopes);var ns=d.origins[0]??
d.op.findIndex((t,e)=>!t&&d.named[e]&&r.boxes[r.boxOf[e]].group<0);ns>=0&&(r.chosen=ns);d.start===void 0||r.quiz?(Qt(r.quiz?
0:et),at()):Et(d.start);Ht(r.quiz||d.start===0?0:d.start?r.chosen:d.origins[0]??W);Rt(!1);addEventListener("resize",Ke);
Vo();})();

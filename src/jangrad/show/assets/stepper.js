// show/assets/*.mjs by esbuild@0.28.2, of eabb227df9d6b0e3
(()=>{var{abs:B,max:I,min:W}=Math,Yt=t=>typeof t=="number"?t:Number(String(t).replace("inf","Infinity")),Xn=t=>t.includes(".")?
t.replace(/\.?0+$/,""):t;function Yn(t,e){if(isNaN(t))return"nan";if(!isFinite(t))return t>0?"inf":"-inf";if(!t)return"0";
let[n,o]=t.toExponential(e-1).split("e");return o>=-4&&o<e?Xn(t.toPrecision(e)):`${Xn(n)}e${o<0?"-":"+"}${String(B(o)).padStart(
2,"0")}`}var rn=6,Gn=t=>{rn=t},z=t=>Yn(t,rn),he=t=>Yn(t,W(4,rn)),ot=t=>Object.is(t,-0)?"-0":z(t),wt=t=>z(t).replace(/^-.*/,
"($&)"),Jn=t=>(t<0||isNaN(t)?"":"+")+z(t),ft=t=>String(t).replace(/\B(?=(\d{3})+$)/g,",");function Te(t){let e=c=>{let l=c.
trim().replace(",",".").replace("−","-");return/^[+-]?inf(inity)?$/i.test(l)?l[0]==="-"?-1/0:1/0:/^nan$/i.test(l)?NaN:
/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(l)?Number(l):void 0},[n,o,...a]=t.split("/").map(e);if(!(n===void 0||a.length))
return t.includes("/")?o===void 0?void 0:n/o:n}var Ie=t=>`“${t}” is not a number: 2.5, -1e-3 or 1/3 are.`,is=/[\u1100-\u115f\u2e80-\ud7a3\uf900-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu,
qe=t=>[...t].length+(t.match(is)||[]).length,Vn=36,xt=/^row (\d+): /;function V(t){return t=t.replace(xt,""),t=t.replace(
/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g,"[$1][$2]").replace(/\.weights\[/g,".w["),t.length>Vn?"…"+t.slice(1-Vn):t}var Qn=(t,e)=>I(
e,250*t.trim().split(/\s+/).length);var lt=t=>typeof t=="number";function Zn(t,e){let n=t.inputs,o=n.length,a=o-1,c=t.data.map(Yt),l=t.op.map(g=>e[g]),s=n.map(
g=>g.every(lt)?null:g.map(S=>lt(S)?0:Yt(S[0]))),i=(g,S,R)=>lt(g)&&R.indexOf(g)===S,f=n.map(g=>g.every(i)?g:g.filter(i)),
p=g=>f[g],h=new Int32Array(o),$=new Int32Array(o).fill(-1),x=[],b=[];for(let g=0;g<o;g++)if(l[g]){for(let S of p(g))h[S]++;
$[g]=x.length,x.push(g),b.push(-1)}let C=x.length,y=new Int32Array(o+1),T=new Int32Array(h.reduce((g,S)=>g+S,0));for(let g=0;g<
o;g++)y[g+1]=y[g]+h[g];let v=y.slice();t.forward||(x.push(a),b.push(-2));for(let g=t.forward?-1:a;g>=0;g--)if(l[g])for(let S of p(
g))T[v[S]++]=x.length,x.push(g),b.push(S);let A=x.length,_=g=>t.forward?[]:Array.from(T.subarray(y[g],y[g+1])),J=(g,S)=>{
let R=n[g],j=new Array(R.length);for(let P=0;P<j.length;P++)j[P]=lt(R[P])?S[R[P]]:s[g][P];return j},X=g=>{let S=Float64Array.
from(g);for(let R=0;R<o;R++)l[R]&&(S[R]=l[R].f(...J(R,S)));return S},F=(g,S,R)=>{let j=J(g,R),P=0;return n[g].forEach((ct,w)=>{
ct===S&&(P+=l[g].d[w](...j,R[g])??0)}),P};function m(g){let S=X(g),R=new Float64Array(o),j=new Uint8Array(o),[P,ct,w,k]=[
0,1,2,3].map(()=>new Float64Array(A));R[a]=j[a]=1;for(let O=C+1,N=-1,H;O<A;O++){x[O]!==N&&(N=x[O],H=J(N,S));let D=b[O],Z=n[N];
w[O]=R[D];for(let Q=0;Q<Z.length;Q++){if(Z[Q]!==D)continue;let K=l[N].d[Q](...H,S[N]);K!==null&&(P[O]+=K,j[N]&&(j[D]=1,ct[O]+=
R[N]*K,R[D]+=R[N]*K))}k[O]=R[D]}return{data:S,grad:R,local:P,amount:ct,before:w,after:k}}return{D:t,ops:e,N:o,ROOT:a,STEPS:A,
SEED:C,ins:n,first:c,plain:s,uses:h,born:$,stepNode:x,stepInput:b,received:_,operands:p,valuesOf:X,localOf:F,run:m,curve:(g,S,R)=>{
let j=g.slice();return R.map(P=>(j[S]=P,X(j)[a]))}}}var to=(t,e,n,o)=>o.reduce((a,c)=>a+t.grad[c]*(n[c]-e[c]),0);function eo(t,e,n,o){
let{STEPS:a,SEED:c,stepNode:l,stepInput:s}=t,i=p=>p===c?"seed":`${p<c}${o(s[p]<0?l[p]:s[p])}`;if(n>0){if(e>=a)return a;let p=i(
e);do e++;while(e<a&&i(e)===p);return e}if(e<=0)return 0;let f=i(--e);for(;e>0&&i(e-1)===f;)e--;return e}function no(t,e,n){let o=t.map(()=>!1),a=t.map((l,s)=>s).filter(l=>t[l].open).sort((l,s)=>t[l].open-t[s].open),c=1;for(let l of a)
(!l||o[t[l].parent]&&c+e[l]-1<=n)&&(o[l]=!0,c+=e[l]-1);return o}function oo(t,e){let[n,o,a]=[0,1,2].map(()=>new Int32Array(
t.length));return e.forEach((c,l)=>{for(o[c]++;c>=0;c=t[c].parent)n[c]++,a[c]=l}),t.forEach(c=>{c.parent>=0&&o[c.parent]++}),
{sizes:n,inside:o,last:a}}function so({boxes:t,boxOf:e,edges:n},o){let a=t.map(o),c=n.filter(([p,h])=>a[p]||a[h]),l=a.slice(),
s=[];for(let[p,h]of c)l[p]=l[h]=!0;let i=t.filter((p,h)=>(s[h]=-1,l[h]));i.forEach(p=>{p.beside=!o(p)});let f=0;return l.
forEach((p,h)=>{p&&(s[h]=f++)}),{boxes:i,boxOf:e.map(p=>s[p]),edges:c.map(([p,h])=>[s[p],s[h]])}}function ro(t,e,n,o,a){
let{N:c,ins:l}=t,s=new Int32Array(e.length).fill(-1);e.forEach((v,A)=>{let _=v.parent<0?-1:s[v.parent];s[A]=_>=0?_:a[A]?
-1:A});let i=new Int32Array(e.length).fill(-1),f=[],p=new Int32Array(c);for(let v=0;v<c;v++){let A=s[n[v]],_=A>=0&&o[A]>
1,J=p[v]=_&&i[A]>=0?i[A]:f.length;J<f.length?f[J].node=v:(f.push({key:_?"g"+A:"n"+v,group:_?A:-1,node:v}),_&&(i[A]=J))}let h=new Set,
$=[];for(let v=0;v<c;v++){let A=l[v],_=p[v];for(let J=0;J<A.length;J++){let X=lt(A[J])?p[A[J]]:_,F=X*f.length+_;X!==_&&!h.
has(F)&&(h.add(F),$.push([X,_]))}}let x=f.map(()=>0),b=f.map(()=>[]),C=[];for(let[v,A]of $)x[A]++,b[v].push(A);let y=f.map(
(v,A)=>A).filter(v=>!x[v]).reverse();for(;y.length;){let v=y.pop();C.push(v);for(let A of b[v].reverse())--x[A]||y.push(
A)}let T=[];return C.forEach((v,A)=>{T[v]=A}),{boxes:C.map(v=>f[v]),boxOf:p.map(v=>T[v]),edges:$.map(([v,A])=>[T[v],T[A]]).
sort((v,A)=>v[0]-A[0]||v[1]-A[1])}}var pn={"+":(t,e)=>t+e,"-":(t,e)=>t-e,"*":(t,e)=>t*e,"/":(t,e)=>t/e,"<":(t,e)=>t<e,"<=":(t,e)=>t<=e,">":(t,e)=>t>e,">=":(t,e)=>t>=
e,"==":(t,e)=>t===e,"!=":(t,e)=>t!==e},Jt=Array.isArray;function io(t,e,n){if(typeof t=="number")return t;if(typeof t=="\
string")return e[t];let[o,...a]=t,c=l=>io(l,e,n);return o==="num"?Yt(a[0]):o==="const"?a[1]:o==="neg"?-c(a[0]):o==="if"?
c(c(a[0])?a[1]:a[2]):o==="and"?a.every(c):o==="or"?a.some(c):o==="call"?n[a[0]].f(...a.slice(1).map(c)):o==="**"?n.pow?n.
pow.f(...a.map(c)):c(a[0])**c(a[1]):o==="%"?c(a[0])%c(a[1]):pn[o](c(a[0]),c(a[1]))}function we(t,e,n,o,a){if(typeof t=="\
number")return t;if(typeof t=="string")return e[t]??t;let[c,...l]=t,s=x=>we(x,e,n,o,a);if(c==="const"||c==="num")return t;
if(c==="if"&&n)return s(io(l[0],n,o)?l[1]:l[2]);if(c==="call")return["call",l[0],...l.slice(1).map(s)];let i=[c,...l.map(
s)],[,f,p]=i;if(!a&&c==="neg")return typeof f=="number"?-f:Jt(f)&&f[0]==="neg"?f[1]:i;if(a||!"+-*/**".includes(c))return i;
let h=typeof f=="number"?f:void 0,$=typeof p=="number"?p:void 0;return h!==void 0&&$!==void 0&&"+-*".includes(c)&&c!=="*\
*"?pn[c](h,$):$===("+-".includes(c)?0:1)?f:h===0&&c==="+"||h===1&&c==="*"?p:i}function hn(t){for(let e="";e!==t;)e=t,t=t.
replace(/\([^()]*\)|\[[^\[\]]*\]/g,"");return/[-+*/^%<>=|&,;@·×−⋅]/.test(t)}var co=0,cn=1,cs=2,ls=3,ln=4,ao=5,an=6,
Me=7,lo=8,Bt=9,me={"+":ao,"-":ao,"*":an,"/":an,"%":an,"**":lo,or:cn,and:cs},xe=t=>{if(typeof t=="number")return t<0||Object.
is(t,-0)?Me:Bt;if(typeof t=="string")return Bt;if(!Jt(t))return"name"in t?hn(t.name)?ln:Bt:xe(t.value);let e=t[0];return e===
"neg"?Me:e==="if"?co:e in me?me[e]:e in pn?ls:Bt},fn=t=>typeof t=="number"?xe(t)===Me:Jt(t)?t[0]==="neg"&&typeof t[1]=="\
number":!!t&&"value"in t&&fn(t.value);function mn(t,e){let n=i=>mn(i,e),o=(i,f)=>xe(i)>=f?n(i):e.enclosed(n(i));if(typeof t==
"number")return e.number(t);if(typeof t=="string")return e.name(t);if(!Jt(t))return e.operand(t);let[a,...c]=t,[l,s]=c;if(a===
"num")return e.number(Yt(l));if(a==="const")return e.name(l);if(a==="neg")return e.negative(o(l,fn(l)?Bt:Me));if(a==="ca\
ll")return e.call(l,c.slice(1).map(n),c.slice(1));if(a==="if")return e.choice(o(s,cn),o(l,cn),o(c[2],co));if(a==="and"||
a==="or")return e.joined(c.map(i=>o(i,me[a]+1)),a);if(a in me){let i=me[a],f=a==="**",p=e.tall&&(a==="/"||f),h=fn(s)?Bt:
i+!f;return e.binary(a,a==="/"&&p?n(l):o(l,i+f),p?n(s):o(s,h))}return e.binary(a,o(l,ln),o(s,ln))}var un=t=>Object.is(t,
-0)?"-0":z(t),fs={number:un,name:t=>t,operand:t=>"name"in t?t.name:un(t.value),enclosed:t=>`(${t})`,negative:t=>"-"+t,call:(t,e)=>`${t}\
(${e.join(", ")})`,choice:(t,e,n)=>`${t} if ${e} else ${n}`,joined:(t,e)=>t.join(` ${e} `),binary:(t,e,n)=>`${e} ${t} ${n}`},
Gt=t=>mn(t,fs),$e=t=>xe(t)===Bt&&!(Jt(t)&&t[0]==="**")?Gt(t):`(${Gt(t)})`,dn=t=>t.replace(/[&<>"]/g,e=>({"&":"&amp;","<":"\
&lt;",">":"&gt;",'"':"&quot;"})[e]),$t=t=>`<mo>${t}</mo>`,ut=t=>`<mrow>${t}</mrow>`,St=t=>{let[e,n]=un(t).replace("inf",
"∞").replace(/^-/,"−").split("e");return n?ut(`<mn>${e}</mn>${$t("·")}<msup><mn>10</mn><mn>${Number(n)}</mn></msup>`.
replace(/<mn>-/g,"<mn>−")):`<mn>${e}</mn>`},gn=({name:t,node:e,typeset:n})=>n?`<mrow data-node="${e}">${n}</mrow>`:`<m\
i${t.length>1?' mathvariant="normal"':""} data-node="${e}">${dn(V(t))}</mi>`,fo={tall:!0,number:St,name:t=>`<mi>${{pi:"π"}[t]||
dn(t)}</mi>`,operand:t=>"name"in t?gn(t):`<mrow class="d" data-node="${t.node}">${St(t.value)}</mrow>`,enclosed:t=>ut($t(
"(")+t+$t(")")),negative:t=>ut($t("−")+t),call:(t,e,n)=>t==="sqrt"?`<msqrt>${e[0]}</msqrt>`:t==="exp"?`<msup><mi>e</mi\
>${ut(e[0])}</msup>`:ut(t==="abs"?$t("|")+e[0]+$t("|"):`<mi mathvariant="normal">${dn(t)}</mi>`+$t("(")+e.join($t(","))+
$t(")")),choice:(t,e,n)=>ut(`${t}<mtext> if </mtext>${e}<mtext> else </mtext>${n}`),joined:(t,e)=>ut(t.join(`<mtext> ${e}\
 </mtext>`)),binary:(t,e,n)=>t==="/"?`<mfrac>${ut(e)}${ut(n)}</mfrac>`:t==="**"?`<msup>${ut(e)}${ut(n)}</msup>`:ut(e+$t(
{"*":"·","-":"−","<":"&lt;",">":"&gt;","<=":"≤",">=":"≥","==":"=","!=":"≠"}[t]||t)+n)},ge=t=>mn(t,fo),uo=t=>xe(
t)>=lo||Jt(t)&&t[0]==="/"?ge(t):fo.enclosed(ge(t));function po(t){let{D:e,ops:n,ins:o,plain:a,ROOT:c}=t,l=m=>m===1?["x"]:m===2?["a","b"]:Array.from({length:m},(L,g)=>"x"+(g+
1)),s=m=>({node:m,name:e.name[m],typeset:e.typeset[m]}),i=(m,L,g=s(m))=>{let S={y:g};return l(o[m].length).forEach((R,j)=>{
S[R]=lt(o[m][j])?L(o[m][j]):a[m][j]}),S},f=m=>e.rules[e.op[m]],p=m=>we(f(m)[0],i(m,s),null,n,!0),h=(m,L)=>we(f(m)[0],i(m,
g=>({node:g,value:L[g]})),null,n,!0),$=(m,L,g)=>{let S=o[m].flatMap((j,P)=>j===L?[we(f(m)[1+P],i(m,s),i(m,ct=>g[ct],g[m]),
n)]:[]);if(S.every(j=>typeof j=="number"))return;let R=S.reduce((j,P)=>["+",j,P]);return Gt(R).length<=60?R:void 0},x=m=>e.
op[m]?Gt(p(m)):"",b=m=>/^[\p{L}_][\p{L}\p{N}_]*$/u.test(e.name[m])?e.name[m]:`(${e.name[m]})`,C=(m,L)=>`d${b(m)}/d${b(L)}`,
y=m=>gn(s(m)),T=m=>`<mrow><mo>∂</mo>${hn(e.name[m])?`<mo>(</mo>${y(m)}<mo>)</mo>`:y(m)}</mrow>`,v=(m,L,g)=>`<mfrac cla\
ss="${g}">${T(m)}${T(L)}</mfrac>`,A=m=>m.filter((L,g)=>L&&L!==m[g-1]).join(`
`),_=(m,L)=>`<mrow class="${L}">${m<0?`<mo>(</mo>${St(m)}<mo>)</mo>`:St(m)}</mrow>`;function J(m,L,g){let S=g?"?":ot(L[m]),
R=[e.name[m],x(m),Gt(h(m,L)),S].filter((P,ct,w)=>P!==w[ct-1]).join(" = "),j=A([y(m),ge(p(m)),ge(h(m,L)),g?"<mo>?</mo>":`\
<mrow class="d">${St(L[m])}</mrow>`]);return[R,j]}function X(m,L,g,S,R){let j=S.local[m],P=$(L,g,S.data),ct=S.grad[L],w=R?
"?":z(S.amount[m]),k=[`${C(c,L)} × ${C(L,g)}`,P&&`${C(c,L)} × ${$e(P)}`,`${wt(ct)} × ${R?P?$e(P):C(L,g):wt(j)}`,w],O="\
<mo>×</mo>",N=v(c,L,"g"),H=P&&`<mrow class="s">${uo(P)}</mrow>`,D=[N+O+v(L,g,"s"),P&&N+O+H,_(ct,"g")+O+(R?H||v(L,g,"s"):
_(j,"s")),R?"<mo>?</mo>":`<mrow class="g">${St(S.amount[m])}</mrow>`];return[k.filter(Boolean).join(" = "),A(D)]}function F(m,L,g,S,R){
let j=S?[]:[`${z(g.before[m])} + ${wt(g.amount[m])}`],P=`${C(c,L)} ${R?"":"so far "}= ${[...j,z(g.after[m])].join(" = ")}`,
ct=v(c,L,"g")+(R?"":"<mtext> so far</mtext>")+`
`+(S?"":`${St(g.before[m])}<mo>+</mo>${_(g.amount[m],"g")}
`)+`<mrow class="g">${St(g.after[m])}</mrow>`;return[P,ct]}return{formula:x,computed:h,valueLine:J,chainLine:X,sumLine:F,
slope:$,d:C,partial:v}}var d=t=>document.getElementById(t),et=(t,e,n)=>d(t).addEventListener(e,n),u=JSON.parse(d("data").textContent);Gn(u.digits);
u.origins=Object.keys(u.origin).map(Number);var Y=Zn(u,OPS),{N:bt,ROOT:M,STEPS:nt,SEED:yt,ins:rt,first:st,uses:Mt,born:$n,
stepNode:Pt,stepInput:be,received:Wt}=Y,G=po(Y),tt=u.groups,{sizes:Zt,inside:bn,last:Ht}=oo(tt,u.home),wn=Y.run(st),r={now:0,
R:wn,original:wn,leaves:st.slice(),chosen:M,fresh:!0,slopes:!1,quiz:!!u.quiz,open:tt.map(()=>!1),focus:0,tight:!1,boxes:[],
edges:[],boxOf:new Int32Array(bt)},us=5e3,_t=new Float64Array(bt),Nt=new Int32Array(bt),ho=[],Pe=t=>ho.push(t),at=()=>{for(let t of ho)
t()};function vt(){let t=r.now-1;if(t<0||r.fresh)return{s:t,kind:"",node:-1,target:-1};let e=Pt[t],n=be[t];return{s:t,kind:n===
-1?"forward":n===-2?"seed":"backward",node:e,target:n<0?e:n}}function Qt(t){t=I(0,W(nt,t));let{before:e,after:n}=r.R,{now:o}=r;
for(;o<t;o++){let a=be[o];a===-2&&(_t[M]=1,Nt[M]=1),a>=0&&(_t[a]=n[o],Nt[a]++)}for(;o>t;){let a=be[--o];a===-2&&(_t[M]=0,
Nt[M]=0),a>=0&&(_t[a]=e[o],Nt[a]--)}r.now=t}var it=t=>$n[t]<r.now,ze=t=>Nt[t],mo=t=>_t[t],qt=t=>t===M?Nt[t]>0:Nt[t]===Mt[t]&&
r.now>yt,yn=t=>it(t)?ot(r.R.data[t]):"?",te=t=>r.tight?he(t):z(t),go=t=>Nt[t]||qt(t)?te(_t[t])+(qt(t)?"":r.tight?" …":
" so far"):"?",wo=t=>it(t)?Object.is(r.R.data[t],-0)?"-0":te(r.R.data[t]):"?",ee=t=>Nt[t]?z(_t[t])+(qt(t)?"":" so far"):
qt(t)?"0":"not computed",ye=t=>`value ${yn(t)}`+(u.forward?"":`, gradient ${ee(t)}`),xo=(t,e)=>!u.forward&&it(t)&&(!r.quiz||
Wt(e).some(n=>Pt[n]===t&&n<r.now)),xn=new Set,vn=()=>[...xn].sort((t,e)=>t-e);function kn(t,e){let n=r.now;Qt(0),r.leaves[t]=
e,xn[Object.is(e,st[t])?"delete":"add"](t),r.R=xn.size?Y.run(r.leaves):wn,Qt(n)}var ne=t=>t.label||`${u.name[t.closing]}\
 = ${G.formula(t.closing)}`,Fe=t=>`${ft(Zt[t])} Values`,ve=(t,e)=>{for(;t>e;)t=tt[t].parent;return t===e};function $o(){
let t=ro(Y,tt,u.home,Zt,r.open);Object.assign(r,r.focus?so(t,e=>ve(u.home[e.node],r.focus)):t)}function je(t){if(!(bt<=us)){
for(;t>0&&(!r.open[t]||r.begun[t]||bn[t]<3);)t=tt[t].parent;r.focus=I(0,t)}}function Ct(t){let e=[];for(let n=u.home[t];n>=
0;n=tt[n].parent)e.unshift(n);return e}var On=8,E=(t,e,n,o)=>{let a=document.createElement(e);return n!==void 0&&(a.textContent=n),o&&(a.className=o),t.append(
a),a},En=(t,e)=>{t.textContent!==e&&(t.textContent=e)};function zt(t,[e,n],o=""){let a=e.split(" = ").some(s=>s.length>36),
c=E(t,"p",void 0,`eq ${a?"long":o}`);E(c,"span",e,"said");let l=E(c,"span");return l.setAttribute("aria-hidden","true"),
l.innerHTML=Sn(n),c}var ds=/<m(frac|su|sqrt|over)/,ps=/<mo>([(),|])<\/mo>/g,Sn=t=>t.split(`
`).map((e,n)=>{let o=(n?'<mo lspace="0" rspace=".3em">=</mo>':"")+e;return ds.test(e)?`<math>${o}</math>`:`<span class="\
flat">${o.replace(ps,"$1")}</span>`}).join(" "),An=t=>xt.test(u.name[t])?`, row ${xt.exec(u.name[t])[1]}`:"",oe=t=>u.named[t]?
"":tt[Ct(t).findLast(e=>e&&tt[e].label&&!/^[Σ∏] of/.test(tt[e].label))]?.label??"",hs=t=>oe(t)?` in ${V(oe(t))}`:"",bo=(t,e)=>`${ft(
t)} ${e}${t===1?"":"s"}`;function yo(){let t=d("line"),{s:e,kind:n,node:o,target:a}=vt();if(t.replaceChildren(),!n){E(t,
"h2","This page"),E(t,"p",`Forward, ${bo(yt,"step")}: every value from the inputs to ${u.name[M]}.`+(u.forward?"":` Back\
ward, ${bo(nt-yt,"step")}: every gradient from it to the inputs.`)),u.advice&&E(t,"p",u.advice,"f");for(let p of u.origins.
slice(0,3))E(t,"p",u.origin[p][1]+".","g");E(t,"p",r.quiz?"Type each number before it is shown; the answer makes the nex\
t step.":r.now?"“play” shows it from the beginning. Press a box to look at it; drag the number of a blue one.":"The \
right arrow key makes the next step.","f hint");return}if(n==="forward"){E(t,"h2",`Forward, step ${ft(e+1)} of ${ft(yt)}${An(
o)}`),zt(t,G.valueLine(o,r.R.data),"big");return}if(E(t,"h2",`Backward, step ${ft(e-yt+1)} of ${ft(nt-yt)}${An(o)}`),n===
"seed"){zt(t,[`${G.d(M,M)} = 1`,G.partial(M,M,"g")+`
<mn>1</mn>`],"big"),E(t,"p","Every gradient starts here: so much the last number changes with itself.");return}let c=Wt(
a)[0]===e,l=qt(a),s=Mt[a]-ze(a);E(t,"p",`${V(u.name[o])} hands to ${V(u.name[a])} its gradient times the local slope:`);
let[i,f]=G.chainLine(e,o,a,r.R);if(Mt[a]===1){zt(t,[`${G.d(M,a)} = ${i}`,`${G.partial(M,a,"g")}
${f}`],"big");return}zt(t,[i,f],"big"),zt(t,G.sumLine(e,a,r.R,c,l)),E(t,"p",l?"That was the last part of the sum.":`${s}\
 more to come.`,"f")}function ms(t){let e=E(t,"button");e.title="go to this step",E(e,"span"),E(e,"b","","g"),E(E(e,"i"),
"i"),E(e,"small")}var vo=()=>{},ko=t=>{vo=t};function Oo(){let t=r.chosen,e=d("chosenname"),n=d("chosenlines"),o=d("cont\
ributions");e.textContent=u.name[t]+hs(t),n.replaceChildren();let{kind:a,target:c}=vt();u.op[t]&&!(a==="forward"&&c===t)&&
zt(n,G.valueLine(t,r.R.data,!it(t)));let l=E(n,"p");u.origin[t]&&r.R===r.original&&E(n,"p",u.origin[t][1]+".","g"),l.append(
"value "),E(l,"b",yn(t),"d"),u.forward||(l.append(", gradient "),E(l,"b",ee(t),"g")),u.remarks[t]&&E(n,"p",u.remarks[t].
join(" "),"remark");let s=Wt(t),i=s.filter(b=>b<r.now).sort((b,C)=>B(r.R.amount[C])-B(r.R.amount[b])),f=i.reduce((b,C)=>b+
B(r.R.amount[C]),0),p=i.length?B(r.R.amount[i[0]]):0;i.length>1&&l.append(", the sum of");let h=i.length>1||s.length>1?W(
On,i.length):0,$=o.contains(document.activeElement);for(;o.children.length>h;)o.lastChild.remove();for(;o.children.length<
h;)ms(o);i.slice(0,h).forEach((b,C)=>{let y=Pt[b],T=r.R.amount[b],v=o.children[C],[A,_,J,X]=v.children,F=J.firstChild;v.
setAttribute("aria-label",`${G.d(M,y)} × ${G.d(y,t)} = ${z(r.R.grad[y])} × ${wt(r.R.local[b])} = ${z(T)}`),En(A,An(y)?
`row ${xt.exec(u.name[y])[1]}: ${V(u.name[y])}`:oe(y)&&oe(y)!==oe(t)?`${V(oe(y))}: ${u.name[y]}`:`through ${V(u.name[y])}`),
En(_,z(T)),F.className=T<0?"minus":"",F.style.width=`${p&&isFinite(p)?100*B(T)/p:0}%`,En(X,f&&isFinite(f)?`${Math.round(
100*B(T)/f)} %`:""),v.onclick=()=>vo(b+1)}),$&&!o.contains(document.activeElement)&&(o.lastChild||e).focus(),d("more").textContent=
i.length>On?`and ${ft(i.length-On)} more`:"",d("made").textContent=u.line[t]||"",d("tovalue").hidden=!u.op[t];let x=Ct(t).
filter(b=>b>0&&r.open[b]&&Zt[b]>1).pop();d("unfold").hidden=!x,x&&(d("unfold").textContent=`fold ${V(ne(tt[x]))}`,d("unf\
old").dataset.group=x)}var Eo=t=>$n[t]+1,Ao=t=>I((Wt(t).pop()??-1)+1,yt+1);var De=46,gs=12,ws=7,xs=24,$s=6,bs=600;function No(t,e,n,o){let a=o==="down"?null:So(t,e);if(a&&(o||Kt(a,n)>=1))return a;
let c=So(t.map(([s,i])=>[i,s]),e),l={...c,x:c.y,y:c.x,width:c.height,height:c.width,down:!0,routes:c.routes.map(s=>s.map(
([i,f])=>[f,i]))};return!a||Kt(l,n)>Kt(a,n)?l:a}function Co(t,e,n){let o=n-De,a=I(0,...t.columns),c=t.down?"y":"x",l=t.down?
1:0;return{...t,[c]:t[c].map((s,i)=>s+o*t.columns[i]),[t.down?"height":"width"]:t[t.down?"height":"width"]+o*a,routes:t.
routes.map((s,i)=>s.map((f,p)=>{let h=f.slice();return h[l]+=o*(t.columns[e[i][0]]+(p>>1)),h}))}}var Kt=(t,e)=>W(e[0]/I(
t.width,1),e[1]/I(t.height,1));function So(t,e){let n=t.length,o=ys(n,e),a=t.map(w=>w[0]),c=t.map(w=>w[1]),l=o.slice(),s=t.
map(()=>[]),i=t.map(()=>[]),f=new Map,p=(w,k)=>{i[w].push(k),s[k].push(w)};for(let[w,k]of e){f.has(w)||f.set(w,[]);let O=f.
get(w),N=o[k]-o[w];for(;O.length<N-1;){let H=O.length?O[O.length-1]:w,D=l.length;a.push(0),c.push(0),l.push(l[H]+1),s.push(
[]),i.push([]),p(H,D),O.push(D)}p(N>1?O[N-2]:w,k)}let h=l.length,$=new Array(h).fill(0),x=-1;for(let w of l)x=I(x,w);let b=Array.
from({length:x+1},()=>[]),C=()=>{for(let w of b)w.forEach((k,O)=>{$[k]=O})},y=new Array(h).fill(!1);for(let w=0;w<h;w++){
if(i[w].length)continue;let k=[w];for(;k.length;){let O=k.pop();if(!y[O]){y[O]=!0,b[l[O]].push(O);for(let N=s[O].length-
1;N>=0;N--)k.push(s[O][N])}}}C();function T(){let w=0;for(let k=0;k+1<b.length;k++){let O=b[k+1].length,N=new Array(O+1).
fill(0),H=0;for(let D of b[k]){let Z=i[D].map(Q=>$[Q]);for(let Q of Z){let K=0;for(let At=Q+1;At;At&=At-1)K+=N[At];w+=H-
K}for(let Q of Z){for(let K=Q+1;K<=O;K+=K&-K)N[K]++;H++}}}return w}function v(w){let k=w?s:i,O=w?b.slice(1):b.slice(0,-1).
reverse();for(let N of O){let H=new Map;N.forEach((D,Z)=>{let Q=0;for(let K of k[D])Q+=$[K];H.set(D,k[D].length?Q/k[D].length:
Z)}),N.sort((D,Z)=>H.get(D)-H.get(Z)),N.forEach((D,Z)=>{$[D]=Z})}}function A(w,k){let O=0;for(let N of[s,i])for(let H of N[w])
for(let D of N[k])$[H]>$[D]&&O++;return O}function _(w){let k=!0;for(let O=0;k&&O<8;O++){k=!1;for(let N of b)for(let H=0;H+
1<N.length;H++){let D=N[H],Z=N[H+1],Q=A(D,Z),K=A(Z,D);(K<Q||w&&K===Q)&&(N[H]=Z,N[H+1]=D,$[D]=H+1,$[Z]=H,k=k||K<Q)}}}let J=b.
map(w=>w.slice()),X=T();for(let w=0,k=0;w<xs&&X&&k<$s;w++){k++,v(w%2===0),h<=bs&&(_(w%4<2),_(!1));let O=T();O<X&&(J=b.map(
N=>N.slice()),X=O,k=0)}b=J,C();let F=(w,k)=>(c[w]+c[k])/2+(w<n&&k<n?gs:ws),m=new Array(h).fill(0);for(let w of b){let k=0;
w.forEach((O,N)=>{k+=N?F(w[N-1],O):0,m[O]=k})}for(let w=0;w<6;w++)for(let k of w%2===0?b.slice().reverse():b){let O=[],N=[],
H=[],D=[],Z=0;k.forEach((K,At)=>{Z+=At?F(k[At-1],K):0,O.push(Z);let de=w%2===0?i[K]:s[K],sn=de.length&&w<2?de:s[K].concat(
i[K]),Kn=0;for(let pe of sn)Kn+=m[pe];let Le=(sn.length?Kn/sn.length:m[K])-Z,Re=K>=n?4:1,Un=1;for(;N.length&&N[N.length-
1]>Le;){let pe=H.pop();Le=(N.pop()*pe+Le*Re)/(pe+Re),Re+=pe,Un+=D.pop()}N.push(Le),H.push(Re),D.push(Un)});let Q=0;N.forEach(
(K,At)=>{for(let de=0;de<D[At];de++,Q++)m[k[Q]]=K+O[Q]})}let L=1/0;for(let w=0;w<h;w++)L=W(L,m[w]-c[w]/2);h||(L=0),m=m.map(
w=>w-L);let g=[],S=[],R=0,j=0;for(let w of b){let k=0;for(let O of w)k=I(k,a[O]);g.push(R),S.push(R+k),R+=k+De}for(let w=0;w<
h;w++)j=I(j,m[w]+c[w]/2);let P=o.map(w=>(g[w]+S[w])/2),ct=e.map(([w,k])=>[[P[w]+t[w][0]/2,m[w]],[S[o[w]],m[w]],...f.get(
w).slice(0,I(0,o[k]-o[w]-1)).flatMap(O=>[[g[l[O]],m[O]],[S[l[O]],m[O]]]),[g[o[k]],m[k]],[P[k]-t[k][0]/2,m[k]]]);return{x:P,
y:m.slice(0,n),columns:o,routes:ct,width:b.length?S[b.length-1]:0,height:j,crossings:X,down:!1}}function ys(t,e){let n=Array.
from({length:t},()=>[]),o=Array.from({length:t},()=>[]);for(let[s,i]of e)n[i].push(s),o[s].push(i);let a=new Array(t).fill(
0),c=0,l=1/0;for(let s=0;s<t;s++){for(let i of n[s])a[s]=I(a[s],a[i]+1);c=I(c,a[s])}for(let s=t-1;s>=0;s--){let i=o[s].length?
1/0:c;for(let f of o[s])i=W(i,a[f]-1);a[s]=i}for(let s=0;s<t;s++){if(n[s].length>o[s].length&&n[s].every(i=>o[i].length>
1)){let i=0;for(let f of n[s])i=I(i,a[f]+1);a[s]=i}l=W(l,a[s])}return a.map(s=>s-l)}var Be=76,Nn=new Map;function Lo(t){if(t<0||!/(^|= )[Σ∏] of/.test(tt[t].label))return[];if(Nn.has(t))return Nn.get(t);
let e=[],n=[Ht[t]];for(Nn.set(t,e);n.length&&e.length<60;){let o=n.pop();u.home[o]===t?n.push(...[...Y.operands(o)].reverse()):
e.push(o)}return e}function Ro(t,e){let n=t.map(c=>r.R.data[c]).map(c=>isFinite(c)?c:0),o=I(...n.map(B))||1,a=W(7,(Be-14)/
n.length);return n.map((c,l)=>`M${e+l*a} 14v${-11*c/o}h${I(1,a-1)}v${11*c/o}z`).join("")}var Ln=46,ke=7.9,Ut=11,vs=12,ks=32,se=11.2/13,Os="http://www.w3.org/2000/svg",Es=matchMedia("(prefers-reduced-motion:red\
uce)"),q=(t,e,n={},o)=>{let a=document.createElementNS(Os,t);for(let c in n)a.setAttribute(c,n[c]);return o!==void 0&&(a.
textContent=o),e.append(a),a},Lt=d("picture"),Io=null,Rt=()=>Io??=Lt.getBoundingClientRect(),qn=()=>{Io=null};new ResizeObserver(
qn).observe(Lt);var _e=new Map,We=new Map,Rn=()=>{},Ft=null,qo=t=>{Rn=t};function Mo(){for(let t of[u.boxes,30,22,16,11]){
Object.assign(r,{open:no(tt,bn,t),boxes:[],way:void 0,tight:!1});let e=Kt(In(),Tn());if(e>=se||(r.tight=!0,r.way=void 0,
e>.6*se&&Kt(In(),Tn())>=se))break}Object.assign(r,{boxes:[],begun:r.open.slice()}),Ee()}var Tn=()=>{let{width:t,height:e}=Rt();
return[t-30,e-36]};function In(){$o();for(let s of r.boxes){let i=s.node,f=tt[s.group],p=u.op[i]?G.formula(i):"";s.label=
f?`${ne(f)}: ${Fe(s.group)}, press to open`:u.name[i]+(p&&` = ${p}`),s.steps=!f&&Mt[i]>1&&Mt[i]<=40?Wt(i):[],s.whole=!f||
f.closing>=0,s.terms=Lo(s.group),[s.name,s.named,s.rest]=f&&f.label?[V(f.label),!0,""]:[V(u.name[i]),u.named[i],p&&As(u.
name[i],p)],s.mark=f?u.origins.some(x=>ve(u.home[x],s.group))?"  not finite inside":"":u.origin[i]?`  ${u.origin[i][0]}`:
"";let h=u.forward?0:te(r.R.grad[i]).length+(Mt[i]>1&&(r.tight?2:7))+8,$=s.whole?te(r.R.data[i]).length+h:Fe(s.group).length;
s.remark=s.whole&&u.remarks[i]||[],s.high=Ln+15*s.remark.length,s.wide=I(...s.remark.map(x=>qe(x)*ke),qe(s.name+s.rest+s.
mark)*ke+(s.terms.length>1&&Be),$*ke)+2*Ut}let t=Tn(),e=r.boxes.length<=vs,n=s=>t[s==="down"?1:0],o=s=>No(r.boxes.map(i=>[
i.wide,i.high+s]),r.edges,t,r.way),a=o(e?14:0);e&&Kt(a,t)<1&&(a=o(0)),r.way=a.down?"down":"right";let c=I(1,...a.columns),
l=n(r.way)-(a.down?a.height:a.width);return a=Co(a,r.edges,I(ks,W(e?90:62,De+l/c))),r.boxes.forEach((s,i)=>{s.x=a.x[i],s.
y=a.y[i]}),a}function Ee(){let{boxes:t,boxOf:e}=r;Ss(In(),t.length&&(n=>t[e[n]])),document.querySelector("#legend .folde\
d").hidden=r.boxes.every(n=>n.group<0)}function As(t,e){let n=/^\w+\[\d+\]\[\d+\]\./.exec(t.replace(xt,"")),o=e.replace(
/row \d+: /g,"").replace(/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g,"[$1][$2]");return" = "+V(n?o.replaceAll(n[0],"."):o)}var To=(t,e,n)=>{
t.style.transform=`translate(${n.x-e.wide/2}px,${n.y-e.high/2}px)`};function Ss(t,e){let n=new Map;for(let o of r.boxes){
let a=_e.get(o.key)||Ns(o);_e.delete(o.key),n.set(o.key,a),o.element=a,[o.value,o.gradient]=a.querySelectorAll("tspan.da\
ta,tspan.grad");for(let c of a.querySelectorAll("rect.body,rect.back"))c.setAttribute("width",o.wide);a.querySelector("r\
ect.ring").setAttribute("width",o.wide+12),e&&To(a,o,e(o.node)??o),(a.parentNode!==d("boxes")||a.nextSibling)&&d("boxes").
append(a)}for(let o of _e.values())o.remove();_e=n,e&&Lt.getBoundingClientRect();for(let o of r.boxes)To(o.element,o,o);
d("edges").replaceChildren(),d("notes").replaceChildren(),We=new Map,r.edges.forEach(([o,a],c)=>{let l=t.routes[c],[s,i]=l[0],
f=`M${s} ${i}`,[p,h]=l[0];for(let[X,F]of l.slice(1)){let m=(s+X)/2,L=(i+F)/2;f+=s===X||i===F?`L${X} ${F}`:t.down?`C${s} ${L}\
 ${X} ${L} ${X} ${F}`:`C${m} ${i} ${m} ${F} ${X} ${F}`,[s,i]=[X,F]}let $=`M${s} ${i}`+(t.down?"m-4 -8l4 8l4 -8":"m-8 -4l\
8 4l-8 4"),x=`M${p} ${h}`+(t.down?"m-4 8l4 -8l4 8":"m8 -4l-8 4l8 4"),b=q("path",d("edges"),{class:"edge",d:f+$}),[C,y]=l.
slice(-3),T=r.boxes[o].group<0&&r.boxes[a].group<0,v=r.edges.some(([X,F])=>F===a&&X!==o),A=C[0]<y[0]-1,_=t.down?A===v?-1:
1:0,J=T&&q("text",d("notes"),{class:"note","text-anchor":["end","middle","start"][_+1],x:(C[0]+y[0])/2+8*_,y:(C[1]+y[1])/
2+(_?4:-6)});We.set(o*r.boxes.length+a,{u:o,v:a,line:b,path:f,there:$,back:x,note:J,way:$,middle:[(C[0]+y[0])/2,(C[1]+y[1])/
2]})})}function Ns(t){let e=t.group<0&&!u.op[t.node],n=t.group>=0,o=q("g",d("boxes"),{class:`box${e?" leaf":""}${n?" fol\
d":""}`,tabindex:0,role:"button"});o.dataset.key=t.key,q("title",o),q("rect",o,{class:"ring",x:-6,y:-6,height:t.high+12,
rx:11}),n&&q("rect",o,{class:"back",x:4,y:4,height:t.high,rx:7}),q("rect",o,{class:"body",height:t.high,rx:7});let a=t.whole&&
u.colours[t.node];a&&(o.classList.add("own"),o.style.setProperty("--own",a));let c=q("text",o,{x:Ut,y:19});q("tspan",c,{
class:t.named?"name":"how"},t.name),q("tspan",c,{class:"how"},t.rest),t.mark&&q("tspan",c,{class:"mark"},t.mark);let l=q(
"text",o,{x:Ut,y:36,lengthAdjust:"spacingAndGlyphs"});return t.whole?(q("tspan",l,{class:"data"}),q("tspan",l,{class:"ho\
w"},u.forward?"":"  grad "),q("tspan",l,{class:"grad"})):q("tspan",l,{class:"how"},Fe(t.group)),t.remark.forEach((s,i)=>q(
"text",o,{class:"remark",x:Ut,y:53+15*i},s)),q("g",o,{class:"parts"}),o.addEventListener("click",()=>{He||Rn(t.key)}),o.
addEventListener("keydown",s=>{s.key!=="Enter"&&s.key!==" "||(Rn(t.key),s.preventDefault(),s.stopPropagation())}),o}var re=t=>ht(
t).element;function Po(){let{s:t,kind:e,node:n,target:o}=vt(),a=r.quiz&&r.now<Y.STEPS?r.now:-1,c=a<0?-1:Y.stepInput[a]<0?
Pt[a]:Y.stepInput[a],l=e==="forward"?new Set(rt[n].filter(s=>typeof s=="number").map(s=>r.boxOf[s])):new Set;r.boxes.forEach(
(s,i)=>{let f=s.node,p=s.element.classList,h={now:o>=0&&r.boxOf[o]===i,back:o>=0&&r.boxOf[o]===i&&e!=="forward",sender:e===
"backward"&&r.boxOf[n]===i&&r.boxOf[o]!==i,feeds:l.has(i)&&r.boxOf[n]!==i,asked:c>=0&&r.boxOf[c]===i,chosen:r.boxOf[r.chosen]===
i&&s.group<0,later:!it(f),wrong:s.mark&&r.R===r.original,beside:!!s.beside};for(let x in h)p.toggle(x,!!h[x]);let $=s.label+
(h.wrong?`;${s.mark}`:"");if(s.value){let x=wo(f),b=u.forward?"":go(f);if($+=[`
${ye(f)}`,...s.remark].join(`
`),s.value.textContent!==x||s.gradient.textContent!==b){s.value.textContent=x,s.gradient.textContent=b;let C=s.value.parentNode,
y=s.wide-2*Ut;qe(C.textContent)*ke>y+2?C.setAttribute("textLength",y):C.removeAttribute("textLength")}s.value.classList.
toggle("changed",!u.op[f]&&!Object.is(r.leaves[f],Y.first[f]))}u.line[f]&&s.group<0&&($+=`
`+u.line[f]),s.title!==$&&(s.element.firstChild.textContent=s.title=$,s.element.setAttribute("aria-label",$.replaceAll(`\

`,"; "))),Cs(s)});for(let s of We.values()){let{u:i,v:f,line:p,note:h}=s,$=r.boxes[i].node,x=r.boxes[f].node,b=e==="back\
ward"&&r.boxOf[o]===i&&r.boxOf[n]===f;p.classList.toggle("now",b),p.classList.toggle("ahead",e==="forward"&&r.boxOf[n]===
f&&l.has(i)&&rt[n].some(A=>typeof A=="number"&&r.boxOf[A]===i));let C=b?s.back:s.there;if(C!==s.way&&p.setAttribute("d",
s.path+(s.way=C)),!h)continue;let y=rt[x].filter(A=>A===$).length,T=r.slopes&&xo(x,$),v=b?"":T?te(Y.localOf(x,$,r.R.data)):
y>1?`used ${y}×`:"";h.textContent!==v&&(h.textContent=v),h.classList.toggle("slope",T)}Ls(e==="backward"&&r.boxOf[n]!==
r.boxOf[o]?We.get(r.boxOf[o]*r.boxes.length+r.boxOf[n]):null,t),ht(o)&&Ae(ht(o)),Tt()}function Cs(t){let{steps:e}=t,n=t.
terms.length>1&&t.terms.every(it),o=e.length&&r.now>Y.SEED,a=n?1:o?e.filter(h=>h<r.now).length:-1,c=!r.fresh&&e.includes(
r.now-1);if(t.done===a&&t.last===c&&t.run===r.R)return;Object.assign(t,{done:a,last:c,run:r.R});let l=t.element.querySelector(
".parts");if(l.replaceChildren(),n&&q("path",l,{class:"spark",d:Ro(t.terms,t.wide-Be+4)}),n||a<0)return;let s=e.map(h=>B(
r.R.amount[h])),i=s.reduce((h,$)=>h+$,0);if(!isFinite(i)||!i)return;let f=Ut,p=t.wide-2*Ut;q("rect",l,{class:"track",x:f,
y:Ln-6,width:p,height:4}),e.forEach((h,$)=>{let x=p*s[$]/i;h<r.now&&x>.4&&q("rect",l,{class:`part${r.R.amount[h]<0?" min\
us":""}${c&&h<r.now-1?" before":""}`,x:f+.5,y:Ln-6,width:I(.4,x-1),height:4}),f+=x})}var Cn=0;function Ls(t,e){let n=d("\
pill");if(cancelAnimationFrame(Cn),n.replaceChildren(),!t){n.dataset.step="";return}let o=Jn(r.R.amount[e]),a=o.length*ke+
14,c=n.dataset.step===String(e);q("rect",n,{x:-a/2,y:-11,width:a,height:22,rx:11}),q("text",n,{"text-anchor":"middle",y:4.5},
o);let l=(h,$)=>n.setAttribute("transform",`translate(${h} ${$})`);if(n.dataset.step=e,l(...t.middle),Es.matches||c||document.
hidden)return;let s=performance.now(),{line:i,middle:f}=t,p=h=>{t.long??=i.getTotalLength()-18;let $=y=>i.getPointAtLength(
t.long*y),x=y=>{let T=$(y);return Math.hypot(T.x-f[0],T.y-f[1])};t.rest??=Array.from({length:20},(y,T)=>T/20).reduce((y,T)=>x(
T)<x(y)?T:y);let b=W(1,I(0,(h-s)/600)),C=$(1-(1-t.rest)*(1-(1-b)**2));b<1?(l(C.x,C.y),Cn=requestAnimationFrame(p)):l(...f)};
Cn=requestAnimationFrame(p)}function Mn(t,e,n=()=>[]){let o=ht(e)??r.boxes[0],a=o.x*U+dt,c=o.y*U+pt;t(),Ee();let l=ht(e);
dt=a-l.x*U,pt=c-l.y*U,U<se&&ae(se/U,a,c),at();let{width:s,height:i}=Rt(),f=([h,$,x,b])=>($-h)*U<s-20&&(b-x)*U<i-80,p=n();
f(jt(r.boxes))?Rs():p.length&&f(jt(p))?Fo(jt(p)):r.focus?Xt(e):Ae(l),Tt(!0)}function zo(t){let e=Ct(t),n=e.filter(a=>!r.
open[a]),o=ht(t);(n.length||!o)&&Mn(()=>{for(let a of n)r.open[a]=!0;je(e[e.length-1])},o?o.node:t)}var ht=t=>r.boxes[r.
boxOf[t]],U=1,dt=0,pt=0,He=!1,Oe=new Map,jt=t=>{let e=(n,o,a)=>n*I(...t.map(c=>n*c[o]+c[a]/2));return[e(-1,"x","wide"),e(
1,"x","wide"),e(-1,"y","high"),e(1,"y","high")]};function Tt(t){let{width:e,height:n}=Rt();if(r.boxes.length&&e){let[o,a,
c,l]=jt(r.boxes),s=60;dt=W(e-s-o*U,I(s-a*U,dt)),pt=W(n-s-c*U,I(s-l*U,pt))}t!==void 0&&d("view").classList.toggle("glide",
t),d("view").style.transform=`translate(${dt}px,${pt}px) scale(${U})`}function ae(t,e,n){let{width:o,height:a}=Rt();e??=
o/2,n??=a/2;let c=I(.02,W(4,U*t));dt=e-(e-dt)*c/U,pt=n-(n-pt)*c/U,U=c,Tt(!1)}function Rs(){let{width:t,height:e}=Rt(),[n,
o,a,c]=jt(r.boxes);dt=(t-(n+o)*U)/2,pt=(e-(a+c)*U)/2}function Xt(t,e=se,n=r.boxes){qn();let{width:o,height:a}=Rt(),[c,l,
s,i]=jt(n),f=ht(t)??r.boxes[0];U=I(e,.02,W(1.8,(o-40)/(l-c),(a-46)/(i-s)));let p=(h,$,x,b)=>(x-$)*U<=h-20?(h-($+x)*U)/2:
W(20-$*U,I(h-20-x*U,h/2-b*U));dt=p(o,c,l,f.x),pt=p(a,s,i,f.y),Tt(!0)}var Pn=()=>Xt(M,0),Ae=t=>Fo(jt([t]));function Fo([t,
e,n,o]){let{width:a,height:c}=Rt(),l=d("crumbs").hidden?14:44,s=(p,h,$,x)=>h-p>x-$?($+x-p-h)/2:I(0,$-p)+W(0,x-h),i=s(t*U+
dt,e*U+dt,12,a-12),f=s(n*U+pt,o*U+pt,l,c-14);!i&&!f||(dt+=i,pt+=f,Tt(!0))}function Ke(){qn(),Ee(),at(),Xt(r.chosen)}var jo=()=>{},
Do=t=>{jo=t};Lt.addEventListener("wheel",t=>{if(document.documentElement.scrollHeight>innerHeight&&!t.ctrlKey)return;t.preventDefault();
let e=Rt();ae(Math.exp(-t.deltaY*.0015),t.clientX-e.left,t.clientY-e.top)},{passive:!1});Lt.addEventListener("pointerdow\
n",t=>{He=!1;let e=t.target.closest(".box.leaf .data");if(e&&!Oe.size&&!r.quiz&&!u.fixed){let n=Number(e.closest(".box").
dataset.key.slice(1)),o=r.leaves[n];isFinite(o)&&(Ft={id:t.pointerId,i:n,from:t.clientX,x:o,unit:(B(Y.first[n])||1)/100})}
Oe.set(t.pointerId,{start:t,last:t})});addEventListener("pointermove",t=>{let e=Oe.get(t.pointerId);if(!e)return;Math.hypot(
t.clientX-e.start.clientX,t.clientY-e.start.clientY)>4&&(He=!0);let{last:n}=e;if(e.last=t,!He)return;if(Ft&&Ft.id===t.pointerId){
jo(Ft.i,Number((Ft.x+Math.round(t.clientX-Ft.from)*Ft.unit).toPrecision(6)));return}let o=[...Oe.values()].filter(a=>a!==
e);if(o.length){let a=Rt(),c=o[0].last,l=s=>Math.hypot(s.clientX-c.clientX,s.clientY-c.clientY)||1;ae(l(t)/l(n),c.clientX-
a.left,c.clientY-a.top)}else dt+=t.clientX-n.clientX,pt+=t.clientY-n.clientY,Tt(!1)});for(let t of["pointerup","pointerc\
ancel"])addEventListener(t,e=>{Oe.delete(e.pointerId),Ft=null});addEventListener("beforeprint",()=>{let[t,e,n,o]=jt(r.boxes);
Lt.setAttribute("viewBox",`${t-9} ${n-9} ${e-t+18} ${o-n+18}`),d("view").style.transform=""});addEventListener("afterpri\
nt",()=>{Lt.removeAttribute("viewBox"),Tt()});var Bo=33,Ts=4e3,zn=()=>!u.op[r.chosen],_o=()=>B(st[r.chosen])||1;function Se(t,e){r.chosen=t,Ue(""),kn(t,e),at()}var Ue=t=>{
d("trouble").textContent=t,d("value").setAttribute("aria-invalid",!!t)};function Wo(){let t=r.chosen,e=vn();if(d("whatif").
hidden=r.quiz||!!u.fixed||!zn()&&!e.length,d("try").hidden=!zn(),d("whatif").hidden)return;let n=d("chips").contains(document.
activeElement);d("chips").replaceChildren();for(let s of e){let i=E(d("chips"),"button",`${V(u.name[s])} ${ot(st[s])} → ${ot(
r.leaves[s])} ✕`);i.setAttribute("aria-label",`put ${u.name[s]} back from ${ot(r.leaves[s])} to ${ot(st[s])}`),i.onclick=
()=>Se(s,st[s])}e.length>1&&(E(d("chips"),"button","put all back").onclick=()=>{for(let s of e)kn(s,st[s]);at()}),n&&(d(
"chips").firstChild||d("value")).focus();let o=r.original.data[M],a=r.R.data[M],c=to(r.original,st,r.leaves,e),l=V(u.name[M]);
if(e.length){let s=e.slice(0,4).map(i=>`${z(r.original.grad[i])} × ${wt(r.leaves[i]-st[i])}`).join(" + ")+(e.length>4?"\
 + …":"");d("tangent").textContent=`${l} = ${ot(a)} instead of ${ot(o)}: it changes by ${z(a-o)}.`+(u.forward?"":` The\
 gradients say ${s} = ${z(c)}.`)}else d("tangent").textContent=`Type another number, or a change such as +0.1, or drag i\
t: what becomes of ${l}?`;zn()&&(d("whatname").textContent=`${V(u.name[t])} =`,document.activeElement!==d("value")&&(d("\
value").value=ot(r.leaves[t]),Ue("")),d("less").disabled=d("greater").disabled=!isFinite(st[t]),Is(t))}function Is(t){let e=d(
"curve"),n=r.leaves[t];if(e.replaceChildren(),d("curvebox").hidden=bt>Ts||!isFinite(n)||!isFinite(r.R.data[M])||t===M,d(
"curvebox").hidden)return;let o=I(_o(),1.25*B(n-st[t])||0),a=300,c=120,l=st[t]-o,s=st[t]+o,i=Array.from({length:Bo},(F,m)=>l+
(s-l)*m/(Bo-1)),f=Y.curve(r.leaves,t,i),p=f.filter(isFinite);if(p.length<2){d("curvebox").hidden=!0;return}let h=W(...p),
$=I(...p);$-h<1e-12*I(1,B($))&&(h-=1,$+=1);let x=F=>8+(a-16)*(F-l)/(s-l),b=F=>c-10-(c-20)*(F-h)/($-h),C=(F,m)=>q("path",
e,{class:F,d:m}),y="",T=!1;i.forEach((F,m)=>{T=isFinite(f[m])?(y+=`${T?"L":"M"}${x(F).toFixed(1)} ${b(f[m]).toFixed(1)}`,
!0):!1});let v=r.R.grad[t],A=r.R.data[M];C("axis",`M8 ${c-2}H${a-8}`),isFinite(v)&&!u.forward&&C("tan",`M${x(l)} ${b(A+v*
(l-n))}L${x(s)} ${b(A+v*(s-n))}`),C("fun",y);let _=(F,m,L)=>q("circle",e,{class:F,cx:x(m),cy:b(L),r:4});n!==st[t]&&vn().
length===1&&isFinite(r.original.data[M])&&_("ghost",st[t],r.original.data[M]),_("dot",n,A);let J=V(u.name[M]),X=V(u.name[t]);
d("curvesays").textContent=`${J} over ${X}, from ${z(l)} to ${z(s)}`+(u.forward?"":`; dashed: its tangent here, slope ${z(
v)}`),e.setAttribute("aria-label",d("curvesays").textContent)}function Ho(){et("value","input",()=>{let e=d("value").value,
n=Te(e);n===void 0?Ue(Ie(e)):Se(r.chosen,/^ *\+/.test(e)?st[r.chosen]+n:n)}),et("value","blur",()=>{d("value").value=ot(
r.leaves[r.chosen]),Ue("")});let t=e=>()=>Se(r.chosen,Number((r.leaves[r.chosen]+e*_o()).toPrecision(12)));et("less","cl\
ick",t(-.1)),et("greater","click",t(.1))}var kt=d("net"),Ve=kt.firstElementChild,Vt=[...kt.querySelectorAll(".neuron")],Fn=[...kt.querySelectorAll("line[data-n]")],
le=t=>Number(t.dataset.n??t.dataset.bias??NaN),Ko=t=>r.R.data[t]<0?"minus":"plus",It=null;function Uo(t){let e=B(t);return!isFinite(
t)||!e?z(t):e<.005||e>=9999.5?t.toExponential(0).replace("e+","e"):String(Number(t.toFixed(e<9.995?2:e<99.95?1:0)))}var mt=new Map,
Ye=new Set(u.network?.weights);for(let t of[...Fn,...Vt])for(let e of[t.dataset.n,t.dataset.bias])e&&mt.set(Number(e),t);
for(let t of Vt){let e=t.dataset.bias&&t.dataset.n?[...rt[t.dataset.n]]:[];for(;e.length;){let n=e.pop();if(!lt(n)||mt.has(
n))continue;let o=rt[n].find(a=>Ye.has(a));mt.set(n,o===void 0?t:mt.get(o)),o===void 0&&e.push(...rt[n])}}function Vo(){
if(kt.hidden)return;let{largest:t,widest:e}=Ve.dataset,{kind:n,node:o,target:a}=vt(),c=n?[mt.get(o),mt.get(a)]:[],l=c.find(
s=>Ge.get(s));l&&(It=l);for(let s of Fn){let i=le(s),f=B(r.R.data[i])/t;s.setAttribute("class",`${Ko(i)}${c.includes(s)?
n==="forward"?" ahead":" now":""}`),s.setAttribute("stroke-width",.4+(e-.4)*W(2,f)),s.setAttribute("opacity",W(1,.2+.7*f)),
s.firstChild.textContent=`${u.name[i]}: ${ye(i)}`}for(let s of Vt){if(s.classList.toggle("now",c.includes(s)&&n!=="forwa\
rd"),s.classList.toggle("ahead",c.includes(s)&&n==="forward"),s.classList.toggle("chosen",s===It),!s.dataset.n)continue;
let i=le(s),f=s.querySelector(".tint"),p=s.querySelector(".value"),h=s.querySelector(".grad");p.textContent=it(i)?Uo(r.R.
data[i]):"?",h.textContent=ze(i)?Uo(mo(i)):qt(i)?"0":"",f.setAttribute("class","tint "+Ko(i)),f.setAttribute("fill-opaci\
ty",it(i)?W(.36,s.dataset.tint*B(r.R.data[i])):0),s.classList.toggle("dead",Xo(s)),s.firstChild.textContent=`${s.dataset.
name}, ${ye(i)}`,s.setAttribute("aria-label",s.firstChild.textContent+(Xo(s)?", its activation passes nothing back":""))}
Yo()}function qs(t){let e=t.dataset.n===void 0?-1:Number(t.dataset.n),n=t.dataset.bias;if(n===void 0||e<0)return null;let o=i=>lt(
i)&&u.op[i]==="add",a=o(e)?e:rt[e].find(o)??e,c=[],l=[a];for(;l.length;){let i=l.pop();for(let f of[...rt[i]].reverse())
!lt(f)||f===Number(n)||(o(f)&&mt.get(f)===t?l.push(f):rt[f].some(p=>Ye.has(p))&&c.push(f))}let s=c.map(i=>{let f=rt[i].find(
p=>Ye.has(p));return{product:i,weight:f,given:rt[i].find(p=>p!==f)??f}});return s.sort((i,f)=>u.network.weights.indexOf(
i.weight)-u.network.weights.indexOf(f.weight)),{output:e,sum:a,bias:Number(n),rows:s}}var jn=t=>t.output===t.sum?1:Y.localOf(
t.output,t.sum,r.R.data);function Xo(t){let e=Ge.get(t);return!!e&&e.output!==e.sum&&it(e.output)&&jn(e)===0}var Ge=new Map(
Vt.map(t=>[t,qs(t)]));function Yo(){let t=d("card"),e=It&&Ge.get(It);if(d("cardbox").hidden=kt.hidden||!e,d("chosen").hidden=
!d("cardbox").hidden&&!!u.op[r.chosen],d("cardbox").hidden)return;t.replaceChildren(),d("cardname").textContent=It.dataset.
name;let n=i=>it(i)?ot(r.R.data[i]):"?",o=E(t,"table"),a=E(o,"tr"),c=I(...[...e.rows.map(i=>i.product),e.bias].map(i=>B(
r.R.data[i])))||1;for(let i of["from","input × weight","",""])E(a,"th",i);let l=(i,f,p)=>{let h=E(o,"tr"),$=r.R.data[p];
E(h,"td",i),E(h,"td",f),E(h,"td",n(p),"d");let x=E(h,"td",void 0,"bar"),b=E(x,"i",void 0,$<0?"minus":"plus");b.style.width=
`${it(p)?50*B($)/c:0}%`};e.rows.slice(0,24).forEach((i,f)=>{let p=lt(i.given),h=p?r.R.data[i.given]:Number(i.given[0]),$=p&&
mt.get(i.given)?mt.get(i.given).dataset.name??V(u.name[i.given]):`input ${f}`,x=he(r.R.data[i.weight]);l($.replace(/ of layer .*/,
""),`${p&&!it(i.given)?"?":he(h)} × ${x[0]==="-"?`(${x})`:x}`,i.product)}),e.rows.length>24&&E(E(o,"tr"),"td",`and ${e.
rows.length-24} more`),l("bias","",e.bias);let s=E(o,"tr",void 0,"total");if(E(s,"td","sum"),E(s,"td",""),E(s,"td",n(e.sum),
"d"),E(s,"td",""),e.output!==e.sum){let i=u.op[e.output];zt(t,[`${i}(${n(e.sum)}) = ${n(e.output)}`,`<mi mathvariant="no\
rmal">${i}</mi><mo>(</mo><mn>${n(e.sum).replace("-","−")}</mn><mo>)</mo>
<mrow class="d"><mn>${n(e.output).replace("-","−")}</mn></mrow>`],"big"),it(e.output)&&(Ps(t,e,i),u.forward||E(t,"p",Ms(
e,i)))}else E(t,"p","It has no activation: it gives the sum.","f");zs(t,e.output),u.forward||E(t,"p",`gradient of its ou\
tput ${ee(e.output)}${e.output===e.sum?"":`, of its sum ${ee(e.sum)}`}`,"g")}function Ms(t,e){let n=jn(t),o=z(r.R.data[t.
sum]);return n===0?`${e} is shut at ${o}: its slope is 0, and it passes nothing back to its weights.`:B(n)<.05?`${e} is \
flat at ${o} (saturated): its slope is ${z(n)}, and hardly anything is passed back.`:`The slope of ${e} at ${o} is ${z(n)}\
: so much of the gradient is passed back.`}function Ps(t,e,n){let o=r.R.data[e.sum],a=y=>Y.ops[n].f(...rt[e.output].map(
(T,v)=>T===e.sum?y:lt(T)?r.R.data[T]:Y.plain[e.output][v]));if(!isFinite(o))return;let c=I(3,1.3*B(o)),l=Array.from({length:61},
(y,T)=>c*(T/30-1)),s=l.map(a);if(!s.every(isFinite))return;let i=W(...s,0),f=I(...s,.1),p=y=>150+140*y/c,h=y=>90-80*(y-i)/
(f-i),$=q("svg",t,{viewBox:"0 0 300 100",class:"curve",role:"img","aria-label":`${n}, at ${z(o)}`});q("path",$,{class:"a\
xis",d:`M8 ${h(0)}H292M150 6V96`}),q("path",$,{class:"fun",d:"M"+l.map((y,T)=>`${p(y).toFixed(1)} ${h(s[T]).toFixed(1)}`).
join("L")});let x=jn(e),b=r.R.data[e.output],C=.3*c;u.forward||q("path",$,{class:"tan",d:`M${p(o-C)} ${h(b-x*C)}L${p(o+C)}\
 ${h(b+x*C)}`}),q("circle",$,{class:"dot",cx:p(o),cy:h(b),r:4.5})}var ie=Vt.filter(t=>t.dataset.n&&!t.dataset.bias).map(
le),ce=24,Xe={};function zs(t,e){if(ie.length!==2||Y.N>4e3||ie.some(s=>u.op[s]||!isFinite(r.R.data[s])))return;let n=1.5*
I(1,...ie.map(s=>B(r.R.data[s]))),o=s=>n*((2*s+1)/ce-1);if(Xe.run!==r.R||Xe.output!==e){let s=r.leaves.slice(),i=document.
createElement("canvas"),f=i.getContext("2d"),p=[];i.width=i.height=ce;for(let $=0;$<ce;$++)for(let x=0;x<ce;x++)s[ie[0]]=
o(x),s[ie[1]]=-o($),p.push(Y.valuesOf(s)[e]);let h=I(...p.map(B))||1;p.forEach(($,x)=>{f.fillStyle=$<0?"#d55e00":"#0072b\
2",f.globalAlpha=B($)/h||0,f.fillRect(x%ce,Math.floor(x/ce),1,1)}),Xe={run:r.R,output:e,values:p,url:i.toDataURL()}}let a=q(
"svg",t,{viewBox:"0 0 300 146",class:"curve",role:"img","aria-label":`what it gives for inputs from ${z(-n)} to ${z(n)}`});
q("image",a,{href:Xe.url,x:80,y:2,width:140,height:140,preserveAspectRatio:"none"}),q("path",a,{class:"axis",d:"M80 2h14\
0v140h-140zM150 2v140M80 72h140"});let[c,l]=ie.map(s=>r.R.data[s]/n*70);q("circle",a,{class:"dot",cx:150+c,cy:72-l,r:4.5}),
q("text",a,{x:224,y:76},"x0"),q("text",a,{x:60,y:13},"x1")}function Ne(t){kt.hidden=!t,Lt.style.display=t?"none":"";for(let e of[
"fit","partials"])d(e).hidden=t;d("legend").hidden=t,d("network").setAttribute("aria-pressed",t),Yo(),t?Vo():Ke()}function Fs(t){
for(let e of t)for(let n of Ct(e))r.open[n]=!0;r.focus=0,Ee(),at(),Xt(t[0],0,t.map(ht))}function js(t){let e=[...mt.keys()].
filter(a=>mt.get(a)===t),n=a=>rt[a].filter(c=>Ye.has(c)),o=e.flatMap(a=>rt[a].filter(c=>lt(c)&&n(c).length));Ne(!1),r.chosen=
le(t),Fs([r.chosen,...e,...o,...o.flatMap(n)]),re(r.chosen).focus({preventScroll:!0})}function Ds(t){let e=t.target.closest(
".neuron[role],line[data-n]");!e||t.key&&t.key!=="Enter"&&t.key!==" "||(t.preventDefault(),t.stopPropagation(),r.chosen=
le(e),It=e.tagName==="line"?It:e,at())}function Go(){if(u.network){Ve.setAttribute("role","group");for(let t of["width",
"height"])Ve.style.setProperty("min-"+t,Ve.getAttribute(t)+"px");for(let t of[...Vt,...Fn])isNaN(le(t))||(t.setAttribute(
"tabindex",0),t.setAttribute("role","button"),!(!t.dataset.n||t.tagName==="line")&&q("text",t,{class:"grad",y:34}));for(let t of[
"click","keydown"])kt.addEventListener(t,Ds);et("scalars","click",()=>js(It)),Pe(Vo),addEventListener("keydown",t=>{t.key===
"n"&&t.target.tagName!=="INPUT"&&!t.ctrlKey&&!t.metaKey&&!t.altKey&&Ne(kt.hidden)}),et("network","click",()=>Ne(kt.hidden)),
addEventListener("look",()=>{kt.hidden||Ne(!1)}),u.network.open&&(r.chosen=M,It=Vt.find(t=>Ge.get(t))??null,Ne(!0))}}var Je=0,Dn=-1,Qe=0,Ce=0,Bn=()=>{};function _n(){let t=r.now,e=Pt[t],n=be[t],o=r.R;if(n===-1){let c=G.valueLine(e,o.data,
!0);return{say:`What is ${V(u.name[e])}?`,line:c,right:o.data[e],hints:["Put the numbers of its inputs in.",`${c[0].split(
" = ").slice(-2)[0]} is it.`]}}if(n===-2)return{say:`What is ${G.d(M,M)}?`,line:[`${G.d(M,M)} = ?`,G.partial(M,M,"g")+`
<mo>?</mo>`],right:1,hints:["How much does a number change when it changes itself?","Just as much: 1."]};let a=G.slope(e,
n,o.data);return{say:`What does ${V(u.name[e])} = ${G.formula(e)} hand to ${V(u.name[n])}?`,line:G.chainLine(t,e,n,o,!0),
right:o.amount[t],hints:[a?`The local slope is ${G.d(e,n)} = ${$e(a)}.`:`The local slope ${G.d(e,n)} is a constant.`,`${z(
o.grad[e])} × ${wt(o.local[t])} is it.`]}}function Qo(){if(d("ask").hidden=!r.quiz,!r.quiz)return;let t=r.now>=nt;if(d(
"answer").hidden=t,d("again").hidden=!t,t){d("verdict").textContent=`${d("verdict").dataset.last||""} Done: ${Qe} of ${Ce}\
 at the first try.`.trim();return}Dn!==r.now&&(Dn=r.now,Je=0);let{say:e,line:n}=_n();d("question").replaceChildren(),E(d(
"question"),"span",e+" "),E(d("question"),"span",n[0],"said"),d("asked").innerHTML=Sn(n[1])}var Ze=t=>{d("verdict").textContent=
d("verdict").dataset.last=t},Ot=()=>{Ze(""),d("guess").removeAttribute("aria-invalid")};function Zo(t){Bn=t,et("answer",
"submit",e=>{e.preventDefault();let{right:n,hints:o}=_n(),a=d("guess").value,c=Te(a);if(d("guess").setAttribute("aria-in\
valid",c===void 0),c===void 0){Ze(a.trim()?Ie(a):"Type a number.");return}if(!(c===n||isNaN(c)&&isNaN(n)||B(c-n)<=.005*B(
n)+1e-9)){Ze(`Not ${z(c)}. ${o[W(Je++,1)]}`);return}Ce++,Je||Qe++,Jo(`Right: ${ot(n)}.`)}),et("reveal","click",()=>{Ce++,
Jo(`It was ${ot(_n().right)}.`)}),et("again","click",()=>{Qe=Ce=0,Ot(),Bn(0),d("guess").focus()})}function Jo(t){Ze(t),d(
"guess").value="",Bn(r.now+1),(r.now>=nt?d("again"):d("guess")).focus()}var ts=()=>{Qe=Ce=0,Je=0,Dn=-1,Ot()};var tn=0,gt=[],fe=-1,ue=()=>tn>0;function Et(t){r.fresh=!1,Qt(t);let{kind:e,target:n}=vt();e&&(r.chosen=n),at()}var ss=/\[(\d+)\]\[\d+\]|layers\[(\d+)\]/,
Bs={operation:null,box:t=>r.boxOf[t],layer:t=>{let e=ss.exec(u.name[t]);return e?`layer ${e[1]??e[2]}`:r.boxOf[t]},row:t=>xt.
exec(u.name[t])?.[1]??"none"},nn=(t,e=d("unit").value)=>{Ot();let n=Bs[e];Et(n?eo(Y,r.now,t,n):r.now+t)};function on(t){
if(clearTimeout(tn),tn=0,t&&r.now<nt&&!r.quiz){let{kind:e}=vt(),n=[...d("line").querySelectorAll("p,h2")].map(o=>o.querySelector(
".said")?.textContent??o.textContent).join(" ");tn=setTimeout(()=>{nn(1),on(!0)},Qn(n,e==="backward"?3e3:1200)/Number(d(
"speed").value))}d("play").textContent=ue()?"pause":"play",d("play").classList.toggle("on",ue())}var es=t=>{r.quiz&&r.now<
nt?(r.fresh=!1,at(),d("guess").focus()):nn(1,t)},rs=()=>d("unit").value==="operation"?"box":d("unit").value;function _s(){
d("time").value=r.now,d("time").setAttribute("aria-valuetext",`step ${r.now} of ${nt}`),d("count").textContent=`${ft(r.now)}\
 / ${ft(nt)}`;for(let a of["play","time","next","last","skip"])d(a).disabled=r.quiz&&r.now<nt;d("play").title=r.quiz?"th\
e quiz waits for your answers":"play (space)",r.quiz&&ue()&&on(!1);let t=Ct(ht(r.chosen)?r.chosen:Ht[r.focus]).filter(a=>r.
open[a]&&(a===0||Zt[a]>1)),e=d("crumbs"),n=e.contains(document.activeElement),o=t.join();e.dataset.way!==o&&(e.dataset.way=
o,e.replaceChildren(),e.hidden=t.length<2||bt<=u.boxes,e.hidden||t.forEach((a,c)=>{let l=c===t.length-1,s=E(e,l?"span":"\
button",a?V(ne(tt[a])):"all");l||(s.title="fold back to this",s.onclick=()=>Wn(t[c+1],!1))}),n&&(e.querySelector("button")||
d("picture")).focus())}function as(t){r.chosen=t,zo(t),at(),Ae(ht(t))}function Wn(t,e){r.chosen=Ht[t],Mn(()=>{r.open[t]=
e;for(let n=t+1;!e&&n<tt.length&&tt[n].parent>=t;n++)r.open[n]=!1;je(t)},Ht[t],()=>e?r.boxes.filter(n=>ve(u.home[n.node],
t)):[]),re(Ht[t]).focus({preventScroll:!0})}qo(t=>{let e=Number(t.slice(1));t[0]==="g"?Wn(e,!0):(as(e),re(e).focus({preventScroll:!0}))});
Do(Se);ko(t=>{Ot(),Et(t)});function Hn(t){let e=d("find").value.trim().toLowerCase();if(!t){if(gt=[],fe=-1,e)for(let o=0;o<
bt;o++)(u.name[o].toLowerCase().includes(e)||u.op[o].toLowerCase()===e)&&gt.push(o);let n=gt.findIndex(o=>u.name[o].toLowerCase()===
e);n>0&&gt.unshift(...gt.splice(n,1)),d("hits").textContent=e?gt.length?`${ft(gt.length)} found`:"nothing found":"";return}
gt.length&&(fe=(fe+1)%gt.length,dispatchEvent(new Event("look")),as(gt[fe]),d("hits").textContent=`${fe+1} of ${ft(gt.length)}`)}
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
named[e]).slice(0,500).forEach(t=>{E(d("names"),"option").value=t});d("title").textContent=u.title;d("time").max=nt;document.
documentElement.style.setProperty("--forward",`${100*yt/nt}%`);u.name.some(t=>ss.test(t))&&E(d("unit"),"option","layer");
u.name.some(t=>xt.test(t))&&E(d("unit"),"option","row");en("quiz",r.quiz);d("network").hidden=!u.network;Mo();bt>200&&(d(
"unit").value="box");r.slopes=u.partials??(r.boxes.length<=12&&!r.quiz);document.body.classList.toggle("values",u.forward);
en("partials",r.slopes);var os=u.origins[0]??u.op.findIndex((t,e)=>!t&&u.named[e]&&r.boxes[r.boxOf[e]].group<0);os>=0&&(r.
chosen=os);u.start===void 0||r.quiz?(Qt(r.quiz?0:nt),at()):Et(u.start);Xt(r.quiz||u.start===0?0:u.start?r.chosen:u.origins[0]??
M);Tt(!1);addEventListener("resize",Ke);Go();})();

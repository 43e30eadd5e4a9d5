// show/assets/*.mjs by esbuild@0.28.2, of 62264b94c02eadbc
(()=>{var{abs:B,max:I,min:W}=Math,Vt=t=>typeof t=="number"?t:Number(String(t).replace("inf","Infinity")),Xn=t=>t.includes(".")?
t.replace(/\.?0+$/,""):t;function Yn(t,e){if(isNaN(t))return"nan";if(!isFinite(t))return t>0?"inf":"-inf";if(!t)return"0";
let[n,o]=t.toExponential(e-1).split("e");return o>=-4&&o<e?Xn(t.toPrecision(e)):`${Xn(n)}e${o<0?"-":"+"}${String(B(o)).padStart(
2,"0")}`}var sn=6,Vn=t=>{sn=t},z=t=>Yn(t,sn),pe=t=>Yn(t,W(4,sn)),nt=t=>Object.is(t,-0)?"-0":z(t),wt=t=>z(t).replace(/^-.*/,
"($&)"),Gn=t=>(t<0||isNaN(t)?"":"+")+z(t),ft=t=>String(t).replace(/\B(?=(\d{3})+$)/g,",");function Le(t){let e=c=>{let l=c.
trim().replace(",",".").replace("−","-");return/^[+-]?inf(inity)?$/i.test(l)?l[0]==="-"?-1/0:1/0:/^nan$/i.test(l)?NaN:
/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(l)?Number(l):void 0},[n,o,...a]=t.split("/").map(e);if(!(n===void 0||a.length))
return t.includes("/")?o===void 0?void 0:n/o:n}var Re=t=>`“${t}” is not a number: 2.5, -1e-3 or 1/3 are.`,as=/[\u1100-\u115f\u2e80-\ud7a3\uf900-\uff60\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu,
Te=t=>[...t].length+(t.match(as)||[]).length,Hn=36,xt=/^row (\d+): /;function Y(t){return t=t.replace(xt,""),t=t.replace(
/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g,"[$1][$2]").replace(/\.weights\[/g,".w["),t.length>Hn?"…"+t.slice(1-Hn):t}var Jn=(t,e)=>I(
e,250*t.trim().split(/\s+/).length);var lt=t=>typeof t=="number";function Qn(t,e){let n=t.inputs,o=n.length,a=o-1,c=t.data.map(Vt),l=t.op.map(g=>e[g]),s=n.map(
g=>g.every(lt)?null:g.map(S=>lt(S)?0:Vt(S[0]))),i=(g,S,R)=>lt(g)&&R.indexOf(g)===S,f=n.map(g=>g.every(i)?g:g.filter(i)),
p=g=>f[g],h=new Int32Array(o),$=new Int32Array(o).fill(-1),x=[],b=[];for(let g=0;g<o;g++)if(l[g]){for(let S of p(g))h[S]++;
$[g]=x.length,x.push(g),b.push(-1)}let C=x.length,k=new Int32Array(o+1),T=new Int32Array(h.reduce((g,S)=>g+S,0));for(let g=0;g<
o;g++)k[g+1]=k[g]+h[g];let y=k.slice();t.forward||(x.push(a),b.push(-2));for(let g=t.forward?-1:a;g>=0;g--)if(l[g])for(let S of p(
g))T[y[S]++]=x.length,x.push(g),b.push(S);let A=x.length,_=g=>t.forward?[]:Array.from(T.subarray(k[g],k[g+1])),J=(g,S)=>{
let R=n[g],j=new Array(R.length);for(let P=0;P<j.length;P++)j[P]=lt(R[P])?S[R[P]]:s[g][P];return j},H=g=>{let S=Float64Array.
from(g);for(let R=0;R<o;R++)l[R]&&(S[R]=l[R].f(...J(R,S)));return S},F=(g,S,R)=>{let j=J(g,R),P=0;return n[g].forEach((ct,w)=>{
ct===S&&(P+=l[g].d[w](...j,R[g])??0)}),P};function m(g){let S=H(g),R=new Float64Array(o),j=new Uint8Array(o),[P,ct,w,v]=[
0,1,2,3].map(()=>new Float64Array(A));R[a]=j[a]=1;for(let O=C+1,N=-1,K;O<A;O++){x[O]!==N&&(N=x[O],K=J(N,S));let D=b[O],Z=n[N];
w[O]=R[D];for(let Q=0;Q<Z.length;Q++){if(Z[Q]!==D)continue;let U=l[N].d[Q](...K,S[N]);U!==null&&(P[O]+=U,j[N]&&(j[D]=1,ct[O]+=
R[N]*U,R[D]+=R[N]*U))}v[O]=R[D]}return{data:S,grad:R,local:P,amount:ct,before:w,after:v}}return{D:t,ops:e,N:o,ROOT:a,STEPS:A,
SEED:C,ins:n,first:c,plain:s,uses:h,born:$,stepNode:x,stepInput:b,received:_,operands:p,valuesOf:H,localOf:F,run:m,curve:(g,S,R)=>{
let j=g.slice();return R.map(P=>(j[S]=P,H(j)[a]))}}}var Zn=(t,e,n,o)=>o.reduce((a,c)=>a+t.grad[c]*(n[c]-e[c]),0);function to(t,e,n,o){
let{STEPS:a,SEED:c,stepNode:l,stepInput:s}=t,i=p=>p===c?"seed":`${p<c}${o(s[p]<0?l[p]:s[p])}`;if(n>0){if(e>=a)return a;let p=i(
e);do e++;while(e<a&&i(e)===p);return e}if(e<=0)return 0;let f=i(--e);for(;e>0&&i(e-1)===f;)e--;return e}function eo(t,e,n){let o=t.map(()=>!1),a=t.map((l,s)=>s).filter(l=>t[l].open).sort((l,s)=>t[l].open-t[s].open),c=1;for(let l of a)
(!l||o[t[l].parent]&&c+e[l]-1<=n)&&(o[l]=!0,c+=e[l]-1);return o}function no(t,e){let[n,o,a]=[0,1,2].map(()=>new Int32Array(
t.length));return e.forEach((c,l)=>{for(o[c]++;c>=0;c=t[c].parent)n[c]++,a[c]=l}),t.forEach(c=>{c.parent>=0&&o[c.parent]++}),
{sizes:n,inside:o,last:a}}function oo({boxes:t,boxOf:e,edges:n},o){let a=t.map(o),c=n.filter(([p,h])=>a[p]||a[h]),l=a.slice(),
s=[];for(let[p,h]of c)l[p]=l[h]=!0;let i=t.filter((p,h)=>(s[h]=-1,l[h]));i.forEach(p=>{p.beside=!o(p)});let f=0;return l.
forEach((p,h)=>{p&&(s[h]=f++)}),{boxes:i,boxOf:e.map(p=>s[p]),edges:c.map(([p,h])=>[s[p],s[h]])}}function so(t,e,n,o,a){
let{N:c,ins:l}=t,s=new Int32Array(e.length).fill(-1);e.forEach((y,A)=>{let _=y.parent<0?-1:s[y.parent];s[A]=_>=0?_:a[A]?
-1:A});let i=new Int32Array(e.length).fill(-1),f=[],p=new Int32Array(c);for(let y=0;y<c;y++){let A=s[n[y]],_=A>=0&&o[A]>
1,J=p[y]=_&&i[A]>=0?i[A]:f.length;J<f.length?f[J].node=y:(f.push({key:_?"g"+A:"n"+y,group:_?A:-1,node:y}),_&&(i[A]=J))}let h=new Set,
$=[];for(let y=0;y<c;y++){let A=l[y],_=p[y];for(let J=0;J<A.length;J++){let H=lt(A[J])?p[A[J]]:_,F=H*f.length+_;H!==_&&!h.
has(F)&&(h.add(F),$.push([H,_]))}}let x=f.map(()=>0),b=f.map(()=>[]),C=[];for(let[y,A]of $)x[A]++,b[y].push(A);let k=f.map(
(y,A)=>A).filter(y=>!x[y]).reverse();for(;k.length;){let y=k.pop();C.push(y);for(let A of b[y].reverse())--x[A]||k.push(
A)}let T=[];return C.forEach((y,A)=>{T[y]=A}),{boxes:C.map(y=>f[y]),boxOf:p.map(y=>T[y]),edges:$.map(([y,A])=>[T[y],T[A]]).
sort((y,A)=>y[0]-A[0]||y[1]-A[1])}}var dn={"+":(t,e)=>t+e,"-":(t,e)=>t-e,"*":(t,e)=>t*e,"/":(t,e)=>t/e,"<":(t,e)=>t<e,"<=":(t,e)=>t<=e,">":(t,e)=>t>e,">=":(t,e)=>t>=
e,"==":(t,e)=>t===e,"!=":(t,e)=>t!==e},Jt=Array.isArray;function ao(t,e,n){if(typeof t=="number")return t;if(typeof t=="\
string")return e[t];let[o,...a]=t,c=l=>ao(l,e,n);return o==="num"?Vt(a[0]):o==="const"?a[1]:o==="neg"?-c(a[0]):o==="if"?
c(c(a[0])?a[1]:a[2]):o==="and"?a.every(c):o==="or"?a.some(c):o==="call"?n[a[0]].f(...a.slice(1).map(c)):o==="**"?n.pow?n.
pow.f(...a.map(c)):c(a[0])**c(a[1]):o==="%"?c(a[0])%c(a[1]):dn[o](c(a[0]),c(a[1]))}function ge(t,e,n,o,a){if(typeof t=="\
number")return t;if(typeof t=="string")return e[t]??t;let[c,...l]=t,s=x=>ge(x,e,n,o,a);if(c==="const"||c==="num")return t;
if(c==="if"&&n)return s(ao(l[0],n,o)?l[1]:l[2]);if(c==="call")return["call",l[0],...l.slice(1).map(s)];let i=[c,...l.map(
s)],[,f,p]=i;if(!a&&c==="neg")return typeof f=="number"?-f:Jt(f)&&f[0]==="neg"?f[1]:i;if(a||!"+-*/**".includes(c))return i;
let h=typeof f=="number"?f:void 0,$=typeof p=="number"?p:void 0;return h!==void 0&&$!==void 0&&"+-*".includes(c)&&c!=="*\
*"?dn[c](h,$):$===("+-".includes(c)?0:1)?f:h===0&&c==="+"||h===1&&c==="*"?p:i}function pn(t){for(let e="";e!==t;)e=t,t=t.
replace(/\([^()]*\)|\[[^\[\]]*\]/g,"");return/[-+*/^%<>=|&,;@·×−⋅]/.test(t)}var io=0,an=1,is=2,cs=3,cn=4,ro=5,rn=6,
Ie=7,co=8,Bt=9,he={"+":ro,"-":ro,"*":rn,"/":rn,"%":rn,"**":co,or:an,and:is},we=t=>{if(typeof t=="number")return t<0||Object.
is(t,-0)?Ie:Bt;if(typeof t=="string")return Bt;if(!Jt(t))return"name"in t?pn(t.name)?cn:Bt:we(t.value);let e=t[0];return e===
"neg"?Ie:e==="if"?io:e in he?he[e]:e in dn?cs:Bt},ln=t=>typeof t=="number"?we(t)===Ie:Jt(t)?t[0]==="neg"&&typeof t[1]=="\
number":!!t&&"value"in t&&ln(t.value);function hn(t,e){let n=i=>hn(i,e),o=(i,f)=>we(i)>=f?n(i):e.enclosed(n(i));if(typeof t==
"number")return e.number(t);if(typeof t=="string")return e.name(t);if(!Jt(t))return e.operand(t);let[a,...c]=t,[l,s]=c;if(a===
"num")return e.number(Vt(l));if(a==="const")return e.name(l);if(a==="neg")return e.negative(o(l,ln(l)?Bt:Ie));if(a==="ca\
ll")return e.call(l,c.slice(1).map(n),c.slice(1));if(a==="if")return e.choice(o(s,an),o(l,an),o(c[2],io));if(a==="and"||
a==="or")return e.joined(c.map(i=>o(i,he[a]+1)),a);if(a in he){let i=he[a],f=a==="**",p=e.tall&&(a==="/"||f),h=ln(s)?Bt:
i+!f;return e.binary(a,a==="/"&&p?n(l):o(l,i+f),p?n(s):o(s,h))}return e.binary(a,o(l,cn),o(s,cn))}var fn=t=>Object.is(t,
-0)?"-0":z(t),ls={number:fn,name:t=>t,operand:t=>"name"in t?t.name:fn(t.value),enclosed:t=>`(${t})`,negative:t=>"-"+t,call:(t,e)=>`${t}\
(${e.join(", ")})`,choice:(t,e,n)=>`${t} if ${e} else ${n}`,joined:(t,e)=>t.join(` ${e} `),binary:(t,e,n)=>`${e} ${t} ${n}`},
Gt=t=>hn(t,ls),xe=t=>we(t)===Bt&&!(Jt(t)&&t[0]==="**")?Gt(t):`(${Gt(t)})`,un=t=>t.replace(/[&<>"]/g,e=>({"&":"&amp;","<":"\
&lt;",">":"&gt;",'"':"&quot;"})[e]),$t=t=>`<mo>${t}</mo>`,ut=t=>`<mrow>${t}</mrow>`,St=t=>{let[e,n]=fn(t).replace("inf",
"∞").replace(/^-/,"−").split("e");return n?ut(`<mn>${e}</mn>${$t("·")}<msup><mn>10</mn><mn>${Number(n)}</mn></msup>`.
replace(/<mn>-/g,"<mn>−")):`<mn>${e}</mn>`},mn=({name:t,node:e,typeset:n})=>n?`<mrow data-node="${e}">${n}</mrow>`:`<m\
i${t.length>1?' mathvariant="normal"':""} data-node="${e}">${un(Y(t))}</mi>`,lo={tall:!0,number:St,name:t=>`<mi>${{pi:"π"}[t]||
un(t)}</mi>`,operand:t=>"name"in t?mn(t):`<mrow class="d" data-node="${t.node}">${St(t.value)}</mrow>`,enclosed:t=>ut($t(
"(")+t+$t(")")),negative:t=>ut($t("−")+t),call:(t,e,n)=>t==="sqrt"?`<msqrt>${e[0]}</msqrt>`:t==="exp"?`<msup><mi>e</mi\
>${ut(e[0])}</msup>`:ut(t==="abs"?$t("|")+e[0]+$t("|"):`<mi mathvariant="normal">${un(t)}</mi>`+$t("(")+e.join($t(","))+
$t(")")),choice:(t,e,n)=>ut(`${t}<mtext> if </mtext>${e}<mtext> else </mtext>${n}`),joined:(t,e)=>ut(t.join(`<mtext> ${e}\
 </mtext>`)),binary:(t,e,n)=>t==="/"?`<mfrac>${ut(e)}${ut(n)}</mfrac>`:t==="**"?`<msup>${ut(e)}${ut(n)}</msup>`:ut(e+$t(
{"*":"·","-":"−","<":"&lt;",">":"&gt;","<=":"≤",">=":"≥","==":"=","!=":"≠"}[t]||t)+n)},me=t=>hn(t,lo),fo=t=>we(
t)>=co||Jt(t)&&t[0]==="/"?me(t):lo.enclosed(me(t));function uo(t){let{D:e,ops:n,ins:o,plain:a,ROOT:c}=t,l=m=>m===1?["x"]:m===2?["a","b"]:Array.from({length:m},(L,g)=>"x"+(g+
1)),s=m=>({node:m,name:e.name[m],typeset:e.typeset[m]}),i=(m,L,g=s(m))=>{let S={y:g};return l(o[m].length).forEach((R,j)=>{
S[R]=lt(o[m][j])?L(o[m][j]):a[m][j]}),S},f=m=>e.rules[e.op[m]],p=m=>ge(f(m)[0],i(m,s),null,n,!0),h=(m,L)=>ge(f(m)[0],i(m,
g=>({node:g,value:L[g]})),null,n,!0),$=(m,L,g)=>{let S=o[m].flatMap((j,P)=>j===L?[ge(f(m)[1+P],i(m,s),i(m,ct=>g[ct],g[m]),
n)]:[]);if(S.every(j=>typeof j=="number"))return;let R=S.reduce((j,P)=>["+",j,P]);return Gt(R).length<=60?R:void 0},x=m=>e.
op[m]?Gt(p(m)):"",b=m=>/^[\p{L}_][\p{L}\p{N}_]*$/u.test(e.name[m])?e.name[m]:`(${e.name[m]})`,C=(m,L)=>`d${b(m)}/d${b(L)}`,
k=m=>mn(s(m)),T=m=>`<mrow><mo>∂</mo>${pn(e.name[m])?`<mo>(</mo>${k(m)}<mo>)</mo>`:k(m)}</mrow>`,y=(m,L,g)=>`<mfrac cla\
ss="${g}">${T(m)}${T(L)}</mfrac>`,A=m=>m.filter((L,g)=>L&&L!==m[g-1]).join(`
`),_=(m,L)=>`<mrow class="${L}">${m<0?`<mo>(</mo>${St(m)}<mo>)</mo>`:St(m)}</mrow>`;function J(m,L,g){let S=g?"?":nt(L[m]),
R=[e.name[m],x(m),Gt(h(m,L)),S].filter((P,ct,w)=>P!==w[ct-1]).join(" = "),j=A([k(m),me(p(m)),me(h(m,L)),g?"<mo>?</mo>":`\
<mrow class="d">${St(L[m])}</mrow>`]);return[R,j]}function H(m,L,g,S,R){let j=S.local[m],P=$(L,g,S.data),ct=S.grad[L],w=R?
"?":z(S.amount[m]),v=[`${C(c,L)} × ${C(L,g)}`,P&&`${C(c,L)} × ${xe(P)}`,`${wt(ct)} × ${R?P?xe(P):C(L,g):wt(j)}`,w],O="\
<mo>×</mo>",N=y(c,L,"g"),K=P&&`<mrow class="s">${fo(P)}</mrow>`,D=[N+O+y(L,g,"s"),P&&N+O+K,_(ct,"g")+O+(R?K||y(L,g,"s"):
_(j,"s")),R?"<mo>?</mo>":`<mrow class="g">${St(S.amount[m])}</mrow>`];return[v.filter(Boolean).join(" = "),A(D)]}function F(m,L,g,S,R){
let j=S?[]:[`${z(g.before[m])} + ${wt(g.amount[m])}`],P=`${C(c,L)} ${R?"":"so far "}= ${[...j,z(g.after[m])].join(" = ")}`,
ct=y(c,L,"g")+(R?"":"<mtext> so far</mtext>")+`
`+(S?"":`${St(g.before[m])}<mo>+</mo>${_(g.amount[m],"g")}
`)+`<mrow class="g">${St(g.after[m])}</mrow>`;return[P,ct]}return{formula:x,computed:h,valueLine:J,chainLine:H,sumLine:F,
slope:$,d:C,partial:y}}var u=t=>document.getElementById(t),tt=(t,e,n)=>u(t).addEventListener(e,n),d=JSON.parse(u("data").textContent);Vn(d.digits);
d.origins=Object.keys(d.origin).map(Number);var V=Qn(d,OPS),{N:bt,ROOT:M,STEPS:et,SEED:yt,ins:rt,first:ot,uses:qt,born:xn,
stepNode:Mt,stepInput:$e,received:Wt}=V,G=uo(V),st=d.groups,{sizes:Zt,inside:$n,last:Kt}=no(st,d.home),gn=V.run(ot),r={now:0,
R:gn,original:gn,leaves:ot.slice(),chosen:M,fresh:!0,slopes:!1,quiz:!!d.quiz,open:st.map(()=>!1),focus:0,tight:!1,boxes:[],
edges:[],boxOf:new Int32Array(bt)},fs=5e3,_t=new Float64Array(bt),Nt=new Int32Array(bt),po=[],qe=t=>po.push(t),at=()=>{for(let t of po)
t()};function vt(){let t=r.now-1;if(t<0||r.fresh)return{s:t,kind:"",node:-1,target:-1};let e=Mt[t],n=$e[t];return{s:t,kind:n===
-1?"forward":n===-2?"seed":"backward",node:e,target:n<0?e:n}}function Qt(t){t=I(0,W(et,t));let{before:e,after:n}=r.R,{now:o}=r;
for(;o<t;o++){let a=$e[o];a===-2&&(_t[M]=1,Nt[M]=1),a>=0&&(_t[a]=n[o],Nt[a]++)}for(;o>t;){let a=$e[--o];a===-2&&(_t[M]=0,
Nt[M]=0),a>=0&&(_t[a]=e[o],Nt[a]--)}r.now=t}var it=t=>xn[t]<r.now,Me=t=>Nt[t],ho=t=>_t[t],It=t=>t===M?Nt[t]>0:Nt[t]===qt[t]&&
r.now>yt,bn=t=>it(t)?nt(r.R.data[t]):"?",te=t=>r.tight?pe(t):z(t),mo=t=>Nt[t]||It(t)?te(_t[t])+(It(t)?"":r.tight?" …":
" so far"):"?",go=t=>it(t)?Object.is(r.R.data[t],-0)?"-0":te(r.R.data[t]):"?",ee=t=>Nt[t]?z(_t[t])+(It(t)?"":" so far"):
It(t)?"0":"not computed",be=t=>`value ${bn(t)}`+(d.forward?"":`, gradient ${ee(t)}`),wo=(t,e)=>!d.forward&&it(t)&&(!r.quiz||
Wt(e).some(n=>Mt[n]===t&&n<r.now)),wn=new Set,yn=()=>[...wn].sort((t,e)=>t-e);function vn(t,e){let n=r.now;Qt(0),r.leaves[t]=
e,wn[Object.is(e,ot[t])?"delete":"add"](t),r.R=wn.size?V.run(r.leaves):gn,Qt(n)}var ne=t=>t.label||`${d.name[t.closing]}\
 = ${G.formula(t.closing)}`,Pe=t=>`${ft(Zt[t])} Values`,ye=(t,e)=>{for(;t>e;)t=st[t].parent;return t===e};function xo(){
let t=so(V,st,d.home,Zt,r.open);Object.assign(r,r.focus?oo(t,e=>ye(d.home[e.node],r.focus)):t)}function ze(t){if(!(bt<=fs)){
for(;t>0&&(!r.open[t]||r.begun[t]||$n[t]<3);)t=st[t].parent;r.focus=I(0,t)}}function Pt(t){let e=[];for(let n=d.home[t];n>=
0;n=st[n].parent)e.unshift(n);return e}var kn=8,E=(t,e,n,o)=>{let a=document.createElement(e);return n!==void 0&&(a.textContent=n),o&&(a.className=o),t.append(
a),a},On=(t,e)=>{t.textContent!==e&&(t.textContent=e)};function zt(t,[e,n],o=""){let a=e.split(" = ").some(s=>s.length>36),
c=E(t,"p",void 0,`eq ${a?"long":o}`);E(c,"span",e,"said");let l=E(c,"span");return l.setAttribute("aria-hidden","true"),
l.innerHTML=An(n),c}var us=/<m(frac|su|sqrt|over)/,ds=/<mo>([(),|])<\/mo>/g,An=t=>t.split(`
`).map((e,n)=>{let o=(n?'<mo lspace="0" rspace=".3em">=</mo>':"")+e;return us.test(e)?`<math>${o}</math>`:`<span class="\
flat">${o.replace(ds,"$1")}</span>`}).join(" "),En=t=>xt.test(d.name[t])?`, row ${xt.exec(d.name[t])[1]}`:"",$o=(t,e)=>`${ft(
t)} ${e}${t===1?"":"s"}`;function bo(){let t=u("line"),{s:e,kind:n,node:o,target:a}=vt();if(t.replaceChildren(),!n){E(t,
"h2","This page"),E(t,"p",`Forward, ${$o(yt,"step")}: every value from the inputs to ${d.name[M]}.`+(d.forward?"":` Back\
ward, ${$o(et-yt,"step")}: every gradient from it to the inputs.`));for(let p of d.origins.slice(0,3))E(t,"p",d.origin[p][1]+
".","g");E(t,"p",r.quiz?"Type each number before it is shown; the answer makes the next step.":r.now?"“play” shows it fr\
om the beginning. Press a box to look at it; drag the number of a blue one.":"The right arrow key makes the next step.",
"f");return}if(n==="forward"){E(t,"h2",`Forward, step ${ft(e+1)} of ${ft(yt)}${En(o)}`),zt(t,G.valueLine(o,r.R.data),"bi\
g");return}if(E(t,"h2",`Backward, step ${ft(e-yt+1)} of ${ft(et-yt)}${En(o)}`),n==="seed"){zt(t,[`${G.d(M,M)} = 1`,G.partial(
M,M,"g")+`
<mn>1</mn>`],"big"),E(t,"p","Every gradient starts here: so much the last number changes with itself.");return}let c=Wt(
a)[0]===e,l=It(a),s=qt[a]-Me(a);E(t,"p",`${Y(d.name[o])} hands to ${Y(d.name[a])} its gradient times the local slope:`);
let[i,f]=G.chainLine(e,o,a,r.R);if(qt[a]===1){zt(t,[`${G.d(M,a)} = ${i}`,`${G.partial(M,a,"g")}
${f}`],"big");return}zt(t,[i,f],"big"),zt(t,G.sumLine(e,a,r.R,c,l)),E(t,"p",l?"That was the last part of the sum.":`${s}\
 more to come.`,"f")}function ps(t){let e=E(t,"button");e.title="go to this step",E(e,"span"),E(e,"b","","g"),E(E(e,"i"),
"i"),E(e,"small")}var yo=()=>{},vo=t=>{yo=t};function ko(){let t=r.chosen,e=u("chosenname"),n=u("chosenlines"),o=u("cont\
ributions");e.textContent=d.name[t],n.replaceChildren();let{kind:a,target:c}=vt();d.op[t]&&!(a==="forward"&&c===t)&&zt(n,
G.valueLine(t,r.R.data,!it(t)));let l=E(n,"p");d.origin[t]&&r.R===r.original&&E(n,"p",d.origin[t][1]+".","g"),l.append("\
value "),E(l,"b",bn(t),"d"),d.forward||(l.append(", gradient "),E(l,"b",ee(t),"g")),d.remarks[t]&&E(n,"p",d.remarks[t].join(
" "),"remark");let s=Wt(t),i=s.filter(b=>b<r.now).sort((b,C)=>B(r.R.amount[C])-B(r.R.amount[b])),f=i.reduce((b,C)=>b+B(r.
R.amount[C]),0),p=i.length?B(r.R.amount[i[0]]):0;i.length>1&&l.append(", the sum of");let h=i.length>1||s.length>1?W(kn,
i.length):0,$=o.contains(document.activeElement);for(;o.children.length>h;)o.lastChild.remove();for(;o.children.length<h;)
ps(o);i.slice(0,h).forEach((b,C)=>{let k=Mt[b],T=r.R.amount[b],y=o.children[C],[A,_,J,H]=y.children,F=J.firstChild;y.setAttribute(
"aria-label",`${G.d(M,k)} × ${G.d(k,t)} = ${z(r.R.grad[k])} × ${wt(r.R.local[b])} = ${z(T)}`),On(A,En(k)?`row ${xt.exec(
d.name[k])[1]}: ${Y(d.name[k])}`:`through ${Y(d.name[k])}`),On(_,z(T)),F.className=T<0?"minus":"",F.style.width=`${p&&isFinite(
p)?100*B(T)/p:0}%`,On(H,f&&isFinite(f)?`${Math.round(100*B(T)/f)} %`:""),y.onclick=()=>yo(b+1)}),$&&!o.contains(document.
activeElement)&&(o.lastChild||e).focus(),u("more").textContent=i.length>kn?`and ${ft(i.length-kn)} more`:"",u("made").textContent=
d.line[t]||"",u("tovalue").hidden=!d.op[t];let x=Pt(t).filter(b=>b>0&&r.open[b]&&Zt[b]>1).pop();u("unfold").hidden=!x,x&&
(u("unfold").textContent=`fold ${Y(ne(st[x]))}`,u("unfold").dataset.group=x)}var Oo=t=>xn[t]+1,Eo=t=>I((Wt(t).pop()??-1)+
1,yt+1);var Fe=46,hs=12,ms=7,gs=24,ws=6,xs=600;function So(t,e,n,o){let a=o==="down"?null:Ao(t,e);if(a&&(o||Ut(a,n)>=1))return a;
let c=Ao(t.map(([s,i])=>[i,s]),e),l={...c,x:c.y,y:c.x,width:c.height,height:c.width,down:!0,routes:c.routes.map(s=>s.map(
([i,f])=>[f,i]))};return!a||Ut(l,n)>Ut(a,n)?l:a}function No(t,e,n){let o=n-Fe,a=I(0,...t.columns),c=t.down?"y":"x",l=t.down?
1:0;return{...t,[c]:t[c].map((s,i)=>s+o*t.columns[i]),[t.down?"height":"width"]:t[t.down?"height":"width"]+o*a,routes:t.
routes.map((s,i)=>s.map((f,p)=>{let h=f.slice();return h[l]+=o*(t.columns[e[i][0]]+(p>>1)),h}))}}var Ut=(t,e)=>W(e[0]/I(
t.width,1),e[1]/I(t.height,1));function Ao(t,e){let n=t.length,o=$s(n,e),a=t.map(w=>w[0]),c=t.map(w=>w[1]),l=o.slice(),s=t.
map(()=>[]),i=t.map(()=>[]),f=new Map,p=(w,v)=>{i[w].push(v),s[v].push(w)};for(let[w,v]of e){f.has(w)||f.set(w,[]);let O=f.
get(w),N=o[v]-o[w];for(;O.length<N-1;){let K=O.length?O[O.length-1]:w,D=l.length;a.push(0),c.push(0),l.push(l[K]+1),s.push(
[]),i.push([]),p(K,D),O.push(D)}p(N>1?O[N-2]:w,v)}let h=l.length,$=new Array(h).fill(0),x=-1;for(let w of l)x=I(x,w);let b=Array.
from({length:x+1},()=>[]),C=()=>{for(let w of b)w.forEach((v,O)=>{$[v]=O})},k=new Array(h).fill(!1);for(let w=0;w<h;w++){
if(i[w].length)continue;let v=[w];for(;v.length;){let O=v.pop();if(!k[O]){k[O]=!0,b[l[O]].push(O);for(let N=s[O].length-
1;N>=0;N--)v.push(s[O][N])}}}C();function T(){let w=0;for(let v=0;v+1<b.length;v++){let O=b[v+1].length,N=new Array(O+1).
fill(0),K=0;for(let D of b[v]){let Z=i[D].map(Q=>$[Q]);for(let Q of Z){let U=0;for(let At=Q+1;At;At&=At-1)U+=N[At];w+=K-
U}for(let Q of Z){for(let U=Q+1;U<=O;U+=U&-U)N[U]++;K++}}}return w}function y(w){let v=w?s:i,O=w?b.slice(1):b.slice(0,-1).
reverse();for(let N of O){let K=new Map;N.forEach((D,Z)=>{let Q=0;for(let U of v[D])Q+=$[U];K.set(D,v[D].length?Q/v[D].length:
Z)}),N.sort((D,Z)=>K.get(D)-K.get(Z)),N.forEach((D,Z)=>{$[D]=Z})}}function A(w,v){let O=0;for(let N of[s,i])for(let K of N[w])
for(let D of N[v])$[K]>$[D]&&O++;return O}function _(w){let v=!0;for(let O=0;v&&O<8;O++){v=!1;for(let N of b)for(let K=0;K+
1<N.length;K++){let D=N[K],Z=N[K+1],Q=A(D,Z),U=A(Z,D);(U<Q||w&&U===Q)&&(N[K]=Z,N[K+1]=D,$[D]=K+1,$[Z]=K,v=v||U<Q)}}}let J=b.
map(w=>w.slice()),H=T();for(let w=0,v=0;w<gs&&H&&v<ws;w++){v++,y(w%2===0),h<=xs&&(_(w%4<2),_(!1));let O=T();O<H&&(J=b.map(
N=>N.slice()),H=O,v=0)}b=J,C();let F=(w,v)=>(c[w]+c[v])/2+(w<n&&v<n?hs:ms),m=new Array(h).fill(0);for(let w of b){let v=0;
w.forEach((O,N)=>{v+=N?F(w[N-1],O):0,m[O]=v})}for(let w=0;w<6;w++)for(let v of w%2===0?b.slice().reverse():b){let O=[],N=[],
K=[],D=[],Z=0;v.forEach((U,At)=>{Z+=At?F(v[At-1],U):0,O.push(Z);let ue=w%2===0?i[U]:s[U],on=ue.length&&w<2?ue:s[U].concat(
i[U]),Kn=0;for(let de of on)Kn+=m[de];let Ne=(on.length?Kn/on.length:m[U])-Z,Ce=U>=n?4:1,Un=1;for(;N.length&&N[N.length-
1]>Ne;){let de=K.pop();Ne=(N.pop()*de+Ne*Ce)/(de+Ce),Ce+=de,Un+=D.pop()}N.push(Ne),K.push(Ce),D.push(Un)});let Q=0;N.forEach(
(U,At)=>{for(let ue=0;ue<D[At];ue++,Q++)m[v[Q]]=U+O[Q]})}let L=1/0;for(let w=0;w<h;w++)L=W(L,m[w]-c[w]/2);h||(L=0),m=m.map(
w=>w-L);let g=[],S=[],R=0,j=0;for(let w of b){let v=0;for(let O of w)v=I(v,a[O]);g.push(R),S.push(R+v),R+=v+Fe}for(let w=0;w<
h;w++)j=I(j,m[w]+c[w]/2);let P=o.map(w=>(g[w]+S[w])/2),ct=e.map(([w,v])=>[[P[w]+t[w][0]/2,m[w]],[S[o[w]],m[w]],...f.get(
w).slice(0,I(0,o[v]-o[w]-1)).flatMap(O=>[[g[l[O]],m[O]],[S[l[O]],m[O]]]),[g[o[v]],m[v]],[P[v]-t[v][0]/2,m[v]]]);return{x:P,
y:m.slice(0,n),columns:o,routes:ct,width:b.length?S[b.length-1]:0,height:j,crossings:H,down:!1}}function $s(t,e){let n=Array.
from({length:t},()=>[]),o=Array.from({length:t},()=>[]);for(let[s,i]of e)n[i].push(s),o[s].push(i);let a=new Array(t).fill(
0),c=0,l=1/0;for(let s=0;s<t;s++){for(let i of n[s])a[s]=I(a[s],a[i]+1);c=I(c,a[s])}for(let s=t-1;s>=0;s--){let i=o[s].length?
1/0:c;for(let f of o[s])i=W(i,a[f]-1);a[s]=i}for(let s=0;s<t;s++){if(n[s].length>o[s].length&&n[s].every(i=>o[i].length>
1)){let i=0;for(let f of n[s])i=I(i,a[f]+1);a[s]=i}l=W(l,a[s])}return a.map(s=>s-l)}var je=76,Sn=new Map;function Co(t){if(t<0||!/(^|= )[Σ∏] of/.test(st[t].label))return[];if(Sn.has(t))return Sn.get(t);
let e=[],n=[Kt[t]];for(Sn.set(t,e);n.length&&e.length<60;){let o=n.pop();d.home[o]===t?n.push(...[...V.operands(o)].reverse()):
e.push(o)}return e}function Lo(t,e){let n=t.map(c=>r.R.data[c]).map(c=>isFinite(c)?c:0),o=I(...n.map(B))||1,a=W(7,(je-14)/
n.length);return n.map((c,l)=>`M${e+l*a} 14v${-11*c/o}h${I(1,a-1)}v${11*c/o}z`).join("")}var Cn=46,ve=7.9,Xt=11,bs=12,ys=32,oe=11.2/13,vs="http://www.w3.org/2000/svg",ks=matchMedia("(prefers-reduced-motion:red\
uce)"),q=(t,e,n={},o)=>{let a=document.createElementNS(vs,t);for(let c in n)a.setAttribute(c,n[c]);return o!==void 0&&(a.
textContent=o),e.append(a),a},Ct=u("picture"),To=null,Lt=()=>To??=Ct.getBoundingClientRect(),In=()=>{To=null};new ResizeObserver(
In).observe(Ct);var De=new Map,Be=new Map,Ln=()=>{},Ft=null,Io=t=>{Ln=t};function qo(){for(let t of[d.boxes,30,22,16,11]){
Object.assign(r,{open:eo(st,$n,t),boxes:[],way:void 0,tight:!1});let e=Ut(Tn(),Rn());if(e>=oe||(r.tight=!0,r.way=void 0,
e>.6*oe&&Ut(Tn(),Rn())>=oe))break}Object.assign(r,{boxes:[],begun:r.open.slice()}),Oe()}var Rn=()=>{let{width:t,height:e}=Lt();
return[t-30,e-36]};function Tn(){xo();for(let s of r.boxes){let i=s.node,f=st[s.group],p=d.op[i]?G.formula(i):"";s.label=
f?`${ne(f)}: ${Pe(s.group)}, press to open`:d.name[i]+(p&&` = ${p}`),s.steps=!f&&qt[i]>1&&qt[i]<=40?Wt(i):[],s.whole=!f||
f.closing>=0,s.terms=Co(s.group),[s.name,s.named,s.rest]=f&&f.label?[Y(f.label),!0,""]:[Y(d.name[i]),d.named[i],p&&Os(d.
name[i],p)],s.mark=f?d.origins.some(x=>ye(d.home[x],s.group))?"  not finite inside":"":d.origin[i]?`  ${d.origin[i][0]}`:
"";let h=d.forward?0:te(r.R.grad[i]).length+(qt[i]>1&&(r.tight?2:7))+8,$=s.whole?te(r.R.data[i]).length+h:Pe(s.group).length;
s.remark=s.whole&&d.remarks[i]||[],s.high=Cn+15*s.remark.length,s.wide=I(...s.remark.map(x=>Te(x)*ve),Te(s.name+s.rest+s.
mark)*ve+(s.terms.length>1&&je),$*ve)+2*Xt}let t=Rn(),e=r.boxes.length<=bs,n=s=>t[s==="down"?1:0],o=s=>So(r.boxes.map(i=>[
i.wide,i.high+s]),r.edges,t,r.way),a=o(e?14:0);e&&Ut(a,t)<1&&(a=o(0)),r.way=a.down?"down":"right";let c=I(1,...a.columns),
l=n(r.way)-(a.down?a.height:a.width);return a=No(a,r.edges,I(ys,W(e?90:62,Fe+l/c))),r.boxes.forEach((s,i)=>{s.x=a.x[i],s.
y=a.y[i]}),a}function Oe(){let{boxes:t,boxOf:e}=r;Es(Tn(),t.length&&(n=>t[e[n]])),document.querySelector("#legend .folde\
d").hidden=r.boxes.every(n=>n.group<0)}function Os(t,e){let n=/^\w+\[\d+\]\[\d+\]\./.exec(t.replace(xt,"")),o=e.replace(
/row \d+: /g,"").replace(/\.layers\[(\d+)\]\.neurons\[(\d+)\]/g,"[$1][$2]");return" = "+Y(n?o.replaceAll(n[0],"."):o)}var Ro=(t,e,n)=>{
t.style.transform=`translate(${n.x-e.wide/2}px,${n.y-e.high/2}px)`};function Es(t,e){let n=new Map;for(let o of r.boxes){
let a=De.get(o.key)||As(o);De.delete(o.key),n.set(o.key,a),o.element=a,[o.value,o.gradient]=a.querySelectorAll("tspan.da\
ta,tspan.grad");for(let c of a.querySelectorAll("rect.body,rect.back"))c.setAttribute("width",o.wide);a.querySelector("r\
ect.ring").setAttribute("width",o.wide+12),e&&Ro(a,o,e(o.node)??o),(a.parentNode!==u("boxes")||a.nextSibling)&&u("boxes").
append(a)}for(let o of De.values())o.remove();De=n,e&&Ct.getBoundingClientRect();for(let o of r.boxes)Ro(o.element,o,o);
u("edges").replaceChildren(),u("notes").replaceChildren(),Be=new Map,r.edges.forEach(([o,a],c)=>{let l=t.routes[c],[s,i]=l[0],
f=`M${s} ${i}`,[p,h]=l[0];for(let[H,F]of l.slice(1)){let m=(s+H)/2,L=(i+F)/2;f+=s===H||i===F?`L${H} ${F}`:t.down?`C${s} ${L}\
 ${H} ${L} ${H} ${F}`:`C${m} ${i} ${m} ${F} ${H} ${F}`,[s,i]=[H,F]}let $=`M${s} ${i}`+(t.down?"m-4 -8l4 8l4 -8":"m-8 -4l\
8 4l-8 4"),x=`M${p} ${h}`+(t.down?"m-4 8l4 -8l4 8":"m8 -4l-8 4l8 4"),b=q("path",u("edges"),{class:"edge",d:f+$}),[C,k]=l.
slice(-3),T=r.boxes[o].group<0&&r.boxes[a].group<0,y=r.edges.some(([H,F])=>F===a&&H!==o),A=C[0]<k[0]-1,_=t.down?A===y?-1:
1:0,J=T&&q("text",u("notes"),{class:"note","text-anchor":["end","middle","start"][_+1],x:(C[0]+k[0])/2+8*_,y:(C[1]+k[1])/
2+(_?4:-6)});Be.set(o*r.boxes.length+a,{u:o,v:a,line:b,path:f,there:$,back:x,note:J,way:$,middle:[(C[0]+k[0])/2,(C[1]+k[1])/
2]})})}function As(t){let e=t.group<0&&!d.op[t.node],n=t.group>=0,o=q("g",u("boxes"),{class:`box${e?" leaf":""}${n?" fol\
d":""}`,tabindex:0,role:"button"});o.dataset.key=t.key,q("title",o),q("rect",o,{class:"ring",x:-6,y:-6,height:t.high+12,
rx:11}),n&&q("rect",o,{class:"back",x:4,y:4,height:t.high,rx:7}),q("rect",o,{class:"body",height:t.high,rx:7});let a=t.whole&&
d.colours[t.node];a&&(o.classList.add("own"),o.style.setProperty("--own",a));let c=q("text",o,{x:Xt,y:19});q("tspan",c,{
class:t.named?"name":"how"},t.name),q("tspan",c,{class:"how"},t.rest),t.mark&&q("tspan",c,{class:"mark"},t.mark);let l=q(
"text",o,{x:Xt,y:36,lengthAdjust:"spacingAndGlyphs"});return t.whole?(q("tspan",l,{class:"data"}),q("tspan",l,{class:"ho\
w"},d.forward?"":"  grad "),q("tspan",l,{class:"grad"})):q("tspan",l,{class:"how"},Pe(t.group)),t.remark.forEach((s,i)=>q(
"text",o,{class:"remark",x:Xt,y:53+15*i},s)),q("g",o,{class:"parts"}),o.addEventListener("click",()=>{_e||Ln(t.key)}),o.
addEventListener("keydown",s=>{s.key!=="Enter"&&s.key!==" "||(Ln(t.key),s.preventDefault(),s.stopPropagation())}),o}var se=t=>ht(
t).element;function Mo(){let{s:t,kind:e,node:n,target:o}=vt(),a=r.quiz&&r.now<V.STEPS?r.now:-1,c=a<0?-1:V.stepInput[a]<0?
Mt[a]:V.stepInput[a],l=e==="forward"?new Set(rt[n].filter(s=>typeof s=="number").map(s=>r.boxOf[s])):new Set;r.boxes.forEach(
(s,i)=>{let f=s.node,p=s.element.classList,h={now:o>=0&&r.boxOf[o]===i,back:o>=0&&r.boxOf[o]===i&&e!=="forward",sender:e===
"backward"&&r.boxOf[n]===i&&r.boxOf[o]!==i,feeds:l.has(i)&&r.boxOf[n]!==i,asked:c>=0&&r.boxOf[c]===i,chosen:r.boxOf[r.chosen]===
i&&s.group<0,later:!it(f),wrong:s.mark&&r.R===r.original,beside:!!s.beside};for(let x in h)p.toggle(x,!!h[x]);let $=s.label+
(h.wrong?`;${s.mark}`:"");if(s.value){let x=go(f),b=d.forward?"":mo(f);if($+=[`
${be(f)}`,...s.remark].join(`
`),s.value.textContent!==x||s.gradient.textContent!==b){s.value.textContent=x,s.gradient.textContent=b;let C=s.value.parentNode,
k=s.wide-2*Xt;Te(C.textContent)*ve>k+2?C.setAttribute("textLength",k):C.removeAttribute("textLength")}s.value.classList.
toggle("changed",!d.op[f]&&!Object.is(r.leaves[f],V.first[f]))}d.line[f]&&s.group<0&&($+=`
`+d.line[f]),s.title!==$&&(s.element.firstChild.textContent=s.title=$,s.element.setAttribute("aria-label",$.replaceAll(`\

`,"; "))),Ss(s)});for(let s of Be.values()){let{u:i,v:f,line:p,note:h}=s,$=r.boxes[i].node,x=r.boxes[f].node,b=e==="back\
ward"&&r.boxOf[o]===i&&r.boxOf[n]===f;p.classList.toggle("now",b),p.classList.toggle("ahead",e==="forward"&&r.boxOf[n]===
f&&l.has(i)&&rt[n].some(A=>typeof A=="number"&&r.boxOf[A]===i));let C=b?s.back:s.there;if(C!==s.way&&p.setAttribute("d",
s.path+(s.way=C)),!h)continue;let k=rt[x].filter(A=>A===$).length,T=r.slopes&&wo(x,$),y=b?"":T?te(V.localOf(x,$,r.R.data)):
k>1?`used ${k}×`:"";h.textContent!==y&&(h.textContent=y),h.classList.toggle("slope",T)}Ns(e==="backward"&&r.boxOf[n]!==
r.boxOf[o]?Be.get(r.boxOf[o]*r.boxes.length+r.boxOf[n]):null,t),ht(o)&&We(ht(o)),Rt()}function Ss(t){let{steps:e}=t,n=t.
terms.length>1&&t.terms.every(it),o=e.length&&r.now>V.SEED,a=n?1:o?e.filter(h=>h<r.now).length:-1,c=!r.fresh&&e.includes(
r.now-1);if(t.done===a&&t.last===c&&t.run===r.R)return;Object.assign(t,{done:a,last:c,run:r.R});let l=t.element.querySelector(
".parts");if(l.replaceChildren(),n&&q("path",l,{class:"spark",d:Lo(t.terms,t.wide-je+4)}),n||a<0)return;let s=e.map(h=>B(
r.R.amount[h])),i=s.reduce((h,$)=>h+$,0);if(!isFinite(i)||!i)return;let f=Xt,p=t.wide-2*Xt;q("rect",l,{class:"track",x:f,
y:Cn-6,width:p,height:4}),e.forEach((h,$)=>{let x=p*s[$]/i;h<r.now&&x>.4&&q("rect",l,{class:`part${r.R.amount[h]<0?" min\
us":""}${c&&h<r.now-1?" before":""}`,x:f+.5,y:Cn-6,width:I(.4,x-1),height:4}),f+=x})}var Nn=0;function Ns(t,e){let n=u("\
pill");if(cancelAnimationFrame(Nn),n.replaceChildren(),!t){n.dataset.step="";return}let o=Gn(r.R.amount[e]),a=o.length*ve+
14,c=n.dataset.step===String(e);q("rect",n,{x:-a/2,y:-11,width:a,height:22,rx:11}),q("text",n,{"text-anchor":"middle",y:4.5},
o);let l=(h,$)=>n.setAttribute("transform",`translate(${h} ${$})`);if(n.dataset.step=e,l(...t.middle),ks.matches||c||document.
hidden)return;let s=performance.now(),{line:i,middle:f}=t,p=h=>{t.long??=i.getTotalLength()-18;let $=k=>i.getPointAtLength(
t.long*k),x=k=>{let T=$(k);return Math.hypot(T.x-f[0],T.y-f[1])};t.rest??=Array.from({length:20},(k,T)=>T/20).reduce((k,T)=>x(
T)<x(k)?T:k);let b=W(1,I(0,(h-s)/600)),C=$(1-(1-t.rest)*(1-(1-b)**2));b<1?(l(C.x,C.y),Nn=requestAnimationFrame(p)):l(...f)};
Nn=requestAnimationFrame(p)}function qn(t,e,n=()=>[]){let o=ht(e)??r.boxes[0],a=o.x*X+dt,c=o.y*X+pt;t(),Oe();let l=ht(e);
dt=a-l.x*X,pt=c-l.y*X,X<oe&&re(oe/X,a,c),at();let{width:s,height:i}=Lt(),f=([h,$,x,b])=>($-h)*X<s-20&&(b-x)*X<i-80,p=n();
f(jt(r.boxes))?Cs():p.length&&f(jt(p))?zo(jt(p)):r.focus?Ht(e):We(l),Rt(!0)}function Po(t){let e=Pt(t),n=e.filter(a=>!r.
open[a]),o=ht(t);(n.length||!o)&&qn(()=>{for(let a of n)r.open[a]=!0;ze(e[e.length-1])},o?o.node:t)}var ht=t=>r.boxes[r.
boxOf[t]],X=1,dt=0,pt=0,_e=!1,ke=new Map,jt=t=>{let e=(n,o,a)=>n*I(...t.map(c=>n*c[o]+c[a]/2));return[e(-1,"x","wide"),e(
1,"x","wide"),e(-1,"y","high"),e(1,"y","high")]};function Rt(t){let{width:e,height:n}=Lt();if(r.boxes.length&&e){let[o,a,
c,l]=jt(r.boxes),s=60;dt=W(e-s-o*X,I(s-a*X,dt)),pt=W(n-s-c*X,I(s-l*X,pt))}t!==void 0&&u("view").classList.toggle("glide",
t),u("view").style.transform=`translate(${dt}px,${pt}px) scale(${X})`}function re(t,e,n){let{width:o,height:a}=Lt();e??=
o/2,n??=a/2;let c=I(.02,W(4,X*t));dt=e-(e-dt)*c/X,pt=n-(n-pt)*c/X,X=c,Rt(!1)}function Cs(){let{width:t,height:e}=Lt(),[n,
o,a,c]=jt(r.boxes);dt=(t-(n+o)*X)/2,pt=(e-(a+c)*X)/2}function Ht(t,e=oe,n=r.boxes){In();let{width:o,height:a}=Lt(),[c,l,
s,i]=jt(n),f=ht(t)??r.boxes[0];X=I(e,.02,W(1.8,(o-40)/(l-c),(a-46)/(i-s)));let p=(h,$,x,b)=>(x-$)*X<=h-20?(h-($+x)*X)/2:
W(20-$*X,I(h-20-x*X,h/2-b*X));dt=p(o,c,l,f.x),pt=p(a,s,i,f.y),Rt(!0)}var Mn=()=>Ht(M,0),We=t=>zo(jt([t]));function zo([t,
e,n,o]){let{width:a,height:c}=Lt(),l=u("crumbs").hidden?14:44,s=(p,h,$,x)=>h-p>x-$?($+x-p-h)/2:I(0,$-p)+W(0,x-h),i=s(t*X+
dt,e*X+dt,12,a-12),f=s(n*X+pt,o*X+pt,l,c-14);!i&&!f||(dt+=i,pt+=f,Rt(!0))}function Ke(){In(),Oe(),at(),Ht(r.chosen)}var Fo=()=>{},
jo=t=>{Fo=t};Ct.addEventListener("wheel",t=>{t.preventDefault();let e=Lt();re(Math.exp(-t.deltaY*.0015),t.clientX-e.left,
t.clientY-e.top)},{passive:!1});Ct.addEventListener("pointerdown",t=>{_e=!1;let e=t.target.closest(".box.leaf .data");if(e&&
!ke.size&&!r.quiz&&!d.fixed){let n=Number(e.closest(".box").dataset.key.slice(1)),o=r.leaves[n];isFinite(o)&&(Ft={id:t.pointerId,
i:n,from:t.clientX,x:o,unit:(B(V.first[n])||1)/100})}ke.set(t.pointerId,{start:t,last:t})});addEventListener("pointermov\
e",t=>{let e=ke.get(t.pointerId);if(!e)return;Math.hypot(t.clientX-e.start.clientX,t.clientY-e.start.clientY)>4&&(_e=!0);
let{last:n}=e;if(e.last=t,!_e)return;if(Ft&&Ft.id===t.pointerId){Fo(Ft.i,Number((Ft.x+Math.round(t.clientX-Ft.from)*Ft.unit).
toPrecision(6)));return}let o=[...ke.values()].filter(a=>a!==e);if(o.length){let a=Lt(),c=o[0].last,l=s=>Math.hypot(s.clientX-
c.clientX,s.clientY-c.clientY)||1;re(l(t)/l(n),c.clientX-a.left,c.clientY-a.top)}else dt+=t.clientX-n.clientX,pt+=t.clientY-
n.clientY,Rt(!1)});for(let t of["pointerup","pointercancel"])addEventListener(t,e=>{ke.delete(e.pointerId),Ft=null});addEventListener(
"beforeprint",()=>{let[t,e,n,o]=jt(r.boxes);Ct.setAttribute("viewBox",`${t-9} ${n-9} ${e-t+18} ${o-n+18}`),u("view").style.
transform=""});addEventListener("afterprint",()=>{Ct.removeAttribute("viewBox"),Rt()});var Do=33,Ls=4e3,Pn=()=>!d.op[r.chosen],Bo=()=>B(ot[r.chosen])||1;function Ee(t,e){r.chosen=t,Ue(""),vn(t,e),at()}var Ue=t=>{
u("trouble").textContent=t,u("value").setAttribute("aria-invalid",!!t)};function _o(){let t=r.chosen,e=yn();if(u("whatif").
hidden=r.quiz||!!d.fixed||!Pn()&&!e.length,u("try").hidden=!Pn(),u("whatif").hidden)return;let n=u("chips").contains(document.
activeElement);u("chips").replaceChildren();for(let s of e){let i=E(u("chips"),"button",`${Y(d.name[s])} ${nt(ot[s])} → ${nt(
r.leaves[s])} ✕`);i.setAttribute("aria-label",`put ${d.name[s]} back from ${nt(r.leaves[s])} to ${nt(ot[s])}`),i.onclick=
()=>Ee(s,ot[s])}e.length>1&&(E(u("chips"),"button","put all back").onclick=()=>{for(let s of e)vn(s,ot[s]);at()}),n&&(u(
"chips").firstChild||u("value")).focus();let o=r.original.data[M],a=r.R.data[M],c=Zn(r.original,ot,r.leaves,e),l=Y(d.name[M]);
if(e.length){let s=e.slice(0,4).map(i=>`${z(r.original.grad[i])} × ${wt(r.leaves[i]-ot[i])}`).join(" + ")+(e.length>4?"\
 + …":"");u("tangent").textContent=`${l} = ${nt(a)} instead of ${nt(o)}: it changes by ${z(a-o)}.`+(d.forward?"":` The\
 gradients say ${s} = ${z(c)}.`)}else u("tangent").textContent=`Type another number, or a change such as +0.1, or drag i\
t: what becomes of ${l}?`;Pn()&&(u("whatname").textContent=`${Y(d.name[t])} =`,document.activeElement!==u("value")&&(u("\
value").value=nt(r.leaves[t]),Ue("")),u("less").disabled=u("greater").disabled=!isFinite(ot[t]),Rs(t))}function Rs(t){let e=u(
"curve"),n=r.leaves[t];if(e.replaceChildren(),u("curvebox").hidden=bt>Ls||!isFinite(n)||!isFinite(r.R.data[M])||t===M,u(
"curvebox").hidden)return;let o=I(Bo(),1.25*B(n-ot[t])||0),a=300,c=120,l=ot[t]-o,s=ot[t]+o,i=Array.from({length:Do},(F,m)=>l+
(s-l)*m/(Do-1)),f=V.curve(r.leaves,t,i),p=f.filter(isFinite);if(p.length<2){u("curvebox").hidden=!0;return}let h=W(...p),
$=I(...p);$-h<1e-12*I(1,B($))&&(h-=1,$+=1);let x=F=>8+(a-16)*(F-l)/(s-l),b=F=>c-10-(c-20)*(F-h)/($-h),C=(F,m)=>q("path",
e,{class:F,d:m}),k="",T=!1;i.forEach((F,m)=>{T=isFinite(f[m])?(k+=`${T?"L":"M"}${x(F).toFixed(1)} ${b(f[m]).toFixed(1)}`,
!0):!1});let y=r.R.grad[t],A=r.R.data[M];C("axis",`M8 ${c-2}H${a-8}`),isFinite(y)&&!d.forward&&C("tan",`M${x(l)} ${b(A+y*
(l-n))}L${x(s)} ${b(A+y*(s-n))}`),C("fun",k);let _=(F,m,L)=>q("circle",e,{class:F,cx:x(m),cy:b(L),r:4});n!==ot[t]&&yn().
length===1&&isFinite(r.original.data[M])&&_("ghost",ot[t],r.original.data[M]),_("dot",n,A);let J=Y(d.name[M]),H=Y(d.name[t]);
u("curvesays").textContent=`${J} over ${H}, from ${z(l)} to ${z(s)}`+(d.forward?"":`; dashed: its tangent here, slope ${z(
y)}`),e.setAttribute("aria-label",u("curvesays").textContent)}function Wo(){tt("value","input",()=>{let e=u("value").value,
n=Le(e);n===void 0?Ue(Re(e)):Ee(r.chosen,/^ *\+/.test(e)?ot[r.chosen]+n:n)}),tt("value","blur",()=>{u("value").value=nt(
r.leaves[r.chosen]),Ue("")});let t=e=>()=>Ee(r.chosen,Number((r.leaves[r.chosen]+e*Bo()).toPrecision(12)));tt("less","cl\
ick",t(-.1)),tt("greater","click",t(.1))}var kt=u("net"),He=kt.firstElementChild,Yt=[...kt.querySelectorAll(".neuron")],zn=[...kt.querySelectorAll("line[data-n]")],
ce=t=>Number(t.dataset.n??t.dataset.bias??NaN),Ko=t=>r.R.data[t]<0?"minus":"plus",Tt=null;function Uo(t){let e=B(t);return!isFinite(
t)||!e?z(t):e<.005||e>=9999.5?t.toExponential(0).replace("e+","e"):String(Number(t.toFixed(e<9.995?2:e<99.95?1:0)))}var mt=new Map,
Ye=new Set(d.network?.weights);for(let t of[...zn,...Yt])for(let e of[t.dataset.n,t.dataset.bias])e&&mt.set(Number(e),t);
for(let t of Yt){let e=t.dataset.bias&&t.dataset.n?[...rt[t.dataset.n]]:[];for(;e.length;){let n=e.pop();if(!lt(n)||mt.has(
n))continue;let o=rt[n].find(a=>Ye.has(a));mt.set(n,o===void 0?t:mt.get(o)),o===void 0&&e.push(...rt[n])}}function Ho(){
if(kt.hidden)return;let{largest:t,widest:e}=He.dataset,{kind:n,node:o,target:a}=vt(),c=n?[mt.get(o),mt.get(a)]:[],l=c.find(
s=>Ve.get(s));l&&(Tt=l);for(let s of zn){let i=ce(s),f=B(r.R.data[i])/t;s.setAttribute("class",`${Ko(i)}${c.includes(s)?
n==="forward"?" ahead":" now":""}`),s.setAttribute("stroke-width",.4+(e-.4)*W(2,f)),s.setAttribute("opacity",W(1,.2+.7*f)),
s.firstChild.textContent=`${d.name[i]}: ${be(i)}`}for(let s of Yt){if(s.classList.toggle("now",c.includes(s)&&n!=="forwa\
rd"),s.classList.toggle("ahead",c.includes(s)&&n==="forward"),s.classList.toggle("chosen",s===Tt),!s.dataset.n)continue;
let i=ce(s),f=s.querySelector(".tint"),p=s.querySelector(".value"),h=s.querySelector(".grad");p.textContent=it(i)?Uo(r.R.
data[i]):"?",h.textContent=Me(i)?Uo(ho(i)):It(i)?"0":"",f.setAttribute("class","tint "+Ko(i)),f.setAttribute("fill-opaci\
ty",it(i)?W(.36,s.dataset.tint*B(r.R.data[i])):0),s.classList.toggle("dead",Xo(s)),s.firstChild.textContent=`${s.dataset.
name}, ${be(i)}`,s.setAttribute("aria-label",s.firstChild.textContent+(Xo(s)?", its activation passes nothing back":""))}
Yo()}function Ts(t){let e=t.dataset.n===void 0?-1:Number(t.dataset.n),n=t.dataset.bias;if(n===void 0||e<0)return null;let o=i=>lt(
i)&&d.op[i]==="add",a=o(e)?e:rt[e].find(o)??e,c=[],l=[a];for(;l.length;){let i=l.pop();for(let f of[...rt[i]].reverse())
!lt(f)||f===Number(n)||(o(f)&&mt.get(f)===t?l.push(f):rt[f].some(p=>Ye.has(p))&&c.push(f))}let s=c.map(i=>{let f=rt[i].find(
p=>Ye.has(p));return{product:i,weight:f,given:rt[i].find(p=>p!==f)??f}});return s.sort((i,f)=>d.network.weights.indexOf(
i.weight)-d.network.weights.indexOf(f.weight)),{output:e,sum:a,bias:Number(n),rows:s}}var Fn=t=>t.output===t.sum?1:V.localOf(
t.output,t.sum,r.R.data);function Xo(t){let e=Ve.get(t);return!!e&&e.output!==e.sum&&it(e.output)&&Fn(e)===0}var Ve=new Map(
Yt.map(t=>[t,Ts(t)]));function Yo(){let t=u("card"),e=Tt&&Ve.get(Tt);if(u("cardbox").hidden=kt.hidden||!e,u("chosen").hidden=
!u("cardbox").hidden&&!!d.op[r.chosen],u("cardbox").hidden)return;t.replaceChildren(),u("cardname").textContent=Tt.dataset.
name;let n=i=>it(i)?nt(r.R.data[i]):"?",o=E(t,"table"),a=E(o,"tr"),c=I(...[...e.rows.map(i=>i.product),e.bias].map(i=>B(
r.R.data[i])))||1;for(let i of["from","input × weight","",""])E(a,"th",i);let l=(i,f,p)=>{let h=E(o,"tr"),$=r.R.data[p];
E(h,"td",i),E(h,"td",f),E(h,"td",n(p),"d");let x=E(h,"td",void 0,"bar"),b=E(x,"i",void 0,$<0?"minus":"plus");b.style.width=
`${it(p)?50*B($)/c:0}%`};e.rows.slice(0,24).forEach((i,f)=>{let p=lt(i.given),h=p?r.R.data[i.given]:Number(i.given[0]),$=p&&
mt.get(i.given)?mt.get(i.given).dataset.name??Y(d.name[i.given]):`input ${f}`,x=pe(r.R.data[i.weight]);l($.replace(/ of layer .*/,
""),`${p&&!it(i.given)?"?":pe(h)} × ${x[0]==="-"?`(${x})`:x}`,i.product)}),e.rows.length>24&&E(E(o,"tr"),"td",`and ${e.
rows.length-24} more`),l("bias","",e.bias);let s=E(o,"tr",void 0,"total");if(E(s,"td","sum"),E(s,"td",""),E(s,"td",n(e.sum),
"d"),E(s,"td",""),e.output!==e.sum){let i=d.op[e.output];zt(t,[`${i}(${n(e.sum)}) = ${n(e.output)}`,`<mi mathvariant="no\
rmal">${i}</mi><mo>(</mo><mn>${n(e.sum).replace("-","−")}</mn><mo>)</mo>
<mrow class="d"><mn>${n(e.output).replace("-","−")}</mn></mrow>`],"big"),it(e.output)&&(qs(t,e,i),d.forward||E(t,"p",Is(
e,i)))}else E(t,"p","It has no activation: it gives the sum.","f");Ms(t,e.output),d.forward||E(t,"p",`gradient of its ou\
tput ${ee(e.output)}${e.output===e.sum?"":`, of its sum ${ee(e.sum)}`}`,"g")}function Is(t,e){let n=Fn(t),o=z(r.R.data[t.
sum]);return n===0?`${e} is shut at ${o}: its slope is 0, and it passes nothing back to its weights.`:B(n)<.05?`${e} is \
flat at ${o} (saturated): its slope is ${z(n)}, and hardly anything is passed back.`:`The slope of ${e} at ${o} is ${z(n)}\
: so much of the gradient is passed back.`}function qs(t,e,n){let o=r.R.data[e.sum],a=k=>V.ops[n].f(...rt[e.output].map(
(T,y)=>T===e.sum?k:lt(T)?r.R.data[T]:V.plain[e.output][y]));if(!isFinite(o))return;let c=I(3,1.3*B(o)),l=Array.from({length:61},
(k,T)=>c*(T/30-1)),s=l.map(a);if(!s.every(isFinite))return;let i=W(...s,0),f=I(...s,.1),p=k=>150+140*k/c,h=k=>90-80*(k-i)/
(f-i),$=q("svg",t,{viewBox:"0 0 300 100",class:"curve",role:"img","aria-label":`${n}, at ${z(o)}`});q("path",$,{class:"a\
xis",d:`M8 ${h(0)}H292M150 6V96`}),q("path",$,{class:"fun",d:"M"+l.map((k,T)=>`${p(k).toFixed(1)} ${h(s[T]).toFixed(1)}`).
join("L")});let x=Fn(e),b=r.R.data[e.output],C=.3*c;d.forward||q("path",$,{class:"tan",d:`M${p(o-C)} ${h(b-x*C)}L${p(o+C)}\
 ${h(b+x*C)}`}),q("circle",$,{class:"dot",cx:p(o),cy:h(b),r:4.5})}var ae=Yt.filter(t=>t.dataset.n&&!t.dataset.bias).map(
ce),ie=24,Xe={};function Ms(t,e){if(ae.length!==2||V.N>4e3||ae.some(s=>d.op[s]||!isFinite(r.R.data[s])))return;let n=1.5*
I(1,...ae.map(s=>B(r.R.data[s]))),o=s=>n*((2*s+1)/ie-1);if(Xe.run!==r.R||Xe.output!==e){let s=r.leaves.slice(),i=document.
createElement("canvas"),f=i.getContext("2d"),p=[];i.width=i.height=ie;for(let $=0;$<ie;$++)for(let x=0;x<ie;x++)s[ae[0]]=
o(x),s[ae[1]]=-o($),p.push(V.valuesOf(s)[e]);let h=I(...p.map(B))||1;p.forEach(($,x)=>{f.fillStyle=$<0?"#d55e00":"#0072b\
2",f.globalAlpha=B($)/h||0,f.fillRect(x%ie,Math.floor(x/ie),1,1)}),Xe={run:r.R,output:e,values:p,url:i.toDataURL()}}let a=q(
"svg",t,{viewBox:"0 0 300 146",class:"curve",role:"img","aria-label":`what it gives for inputs from ${z(-n)} to ${z(n)}`});
q("image",a,{href:Xe.url,x:80,y:2,width:140,height:140,preserveAspectRatio:"none"}),q("path",a,{class:"axis",d:"M80 2h14\
0v140h-140zM150 2v140M80 72h140"});let[c,l]=ae.map(s=>r.R.data[s]/n*70);q("circle",a,{class:"dot",cx:150+c,cy:72-l,r:4.5}),
q("text",a,{x:224,y:76},"x0"),q("text",a,{x:60,y:13},"x1")}function Ae(t){kt.hidden=!t,Ct.style.display=t?"none":"";for(let e of[
"fit","partials"])u(e).hidden=t;u("legend").hidden=t,u("network").setAttribute("aria-pressed",t),Yo(),t?Ho():Ke()}function Ps(t){
for(let e of t)for(let n of Pt(e))r.open[n]=!0;r.focus=0,Oe(),at(),Ht(t[0],0,t.map(ht))}function zs(t){let e=[...mt.keys()].
filter(a=>mt.get(a)===t),n=a=>rt[a].filter(c=>Ye.has(c)),o=e.flatMap(a=>rt[a].filter(c=>lt(c)&&n(c).length));Ae(!1),r.chosen=
ce(t),Ps([r.chosen,...e,...o,...o.flatMap(n)]),se(r.chosen).focus({preventScroll:!0})}function Fs(t){let e=t.target.closest(
".neuron[role],line[data-n]");!e||t.key&&t.key!=="Enter"&&t.key!==" "||(t.preventDefault(),t.stopPropagation(),r.chosen=
ce(e),Tt=e.tagName==="line"?Tt:e,at())}function Vo(){if(d.network){He.setAttribute("role","group");for(let t of["width",
"height"])He.style.setProperty("min-"+t,He.getAttribute(t)+"px");for(let t of[...Yt,...zn])isNaN(ce(t))||(t.setAttribute(
"tabindex",0),t.setAttribute("role","button"),!(!t.dataset.n||t.tagName==="line")&&q("text",t,{class:"grad",y:34}));for(let t of[
"click","keydown"])kt.addEventListener(t,Fs);tt("scalars","click",()=>zs(Tt)),qe(Ho),addEventListener("keydown",t=>{t.key===
"n"&&t.target.tagName!=="INPUT"&&!t.ctrlKey&&!t.metaKey&&!t.altKey&&Ae(kt.hidden)}),tt("network","click",()=>Ae(kt.hidden)),
addEventListener("look",()=>{kt.hidden||Ae(!1)}),d.network.open&&(r.chosen=M,Tt=Yt.find(t=>Ve.get(t))??null,Ae(!0))}}var Ge=0,jn=-1,Je=0,Se=0,Dn=()=>{};function Bn(){let t=r.now,e=Mt[t],n=$e[t],o=r.R;if(n===-1){let c=G.valueLine(e,o.data,
!0);return{say:`What is ${Y(d.name[e])}?`,line:c,right:o.data[e],hints:["Put the numbers of its inputs in.",`${c[0].split(
" = ").slice(-2)[0]} is it.`]}}if(n===-2)return{say:`What is ${G.d(M,M)}?`,line:[`${G.d(M,M)} = ?`,G.partial(M,M,"g")+`
<mo>?</mo>`],right:1,hints:["How much does a number change when it changes itself?","Just as much: 1."]};let a=G.slope(e,
n,o.data);return{say:`What does ${Y(d.name[e])} = ${G.formula(e)} hand to ${Y(d.name[n])}?`,line:G.chainLine(t,e,n,o,!0),
right:o.amount[t],hints:[a?`The local slope is ${G.d(e,n)} = ${xe(a)}.`:`The local slope ${G.d(e,n)} is a constant.`,`${z(
o.grad[e])} × ${wt(o.local[t])} is it.`]}}function Jo(){if(u("ask").hidden=!r.quiz,!r.quiz)return;let t=r.now>=et;if(u(
"answer").hidden=t,u("again").hidden=!t,t){u("verdict").textContent=`${u("verdict").dataset.last||""} Done: ${Je} of ${Se}\
 at the first try.`.trim();return}jn!==r.now&&(jn=r.now,Ge=0);let{say:e,line:n}=Bn();u("question").replaceChildren(),E(u(
"question"),"span",e+" "),E(u("question"),"span",n[0],"said"),u("asked").innerHTML=An(n[1])}var Qe=t=>{u("verdict").textContent=
u("verdict").dataset.last=t},Ot=()=>{Qe(""),u("guess").removeAttribute("aria-invalid")};function Qo(t){Dn=t,tt("answer",
"submit",e=>{e.preventDefault();let{right:n,hints:o}=Bn(),a=u("guess").value,c=Le(a);if(u("guess").setAttribute("aria-in\
valid",c===void 0),c===void 0){Qe(a.trim()?Re(a):"Type a number.");return}if(!(c===n||isNaN(c)&&isNaN(n)||B(c-n)<=.005*B(
n)+1e-9)){Qe(`Not ${z(c)}. ${o[W(Ge++,1)]}`);return}Se++,Ge||Je++,Go(`Right: ${nt(n)}.`)}),tt("reveal","click",()=>{Se++,
Go(`It was ${nt(Bn().right)}.`)}),tt("again","click",()=>{Je=Se=0,Ot(),Dn(0),u("guess").focus()})}function Go(t){Qe(t),u(
"guess").value="",Dn(r.now+1),(r.now>=et?u("again"):u("guess")).focus()}var Zo=()=>{Je=Se=0,Ge=0,jn=-1,Ot()};var Ze=0,gt=[],le=-1,fe=()=>Ze>0;function Et(t){r.fresh=!1,Qt(t);let{kind:e,target:n}=vt();e&&(r.chosen=n),at()}var os=/\[(\d+)\]\[\d+\]|layers\[(\d+)\]/,
js={operation:null,box:t=>r.boxOf[t],layer:t=>{let e=os.exec(d.name[t]);return e?`layer ${e[1]??e[2]}`:r.boxOf[t]},row:t=>xt.
exec(d.name[t])?.[1]??"none"},en=(t,e=u("unit").value)=>{Ot();let n=js[e];Et(n?to(V,r.now,t,n):r.now+t)};function nn(t){
if(clearTimeout(Ze),Ze=0,t&&r.now<et&&!r.quiz){let{kind:e}=vt(),n=[...u("line").querySelectorAll("p,h2")].map(o=>o.querySelector(
".said")?.textContent??o.textContent).join(" ");Ze=setTimeout(()=>{en(1),nn(!0)},Jn(n,e==="backward"?3e3:1200)/Number(u(
"speed").value))}u("play").textContent=fe()?"pause":"play",u("play").classList.toggle("on",fe())}var ts=t=>{r.quiz&&r.now<
et?(r.fresh=!1,at(),u("guess").focus()):en(1,t)},ss=()=>u("unit").value==="operation"?"box":u("unit").value;function Ds(){
u("time").value=r.now,u("time").setAttribute("aria-valuetext",`step ${r.now} of ${et}`),u("count").textContent=`${ft(r.now)}\
 / ${ft(et)}`;for(let a of["play","time","next","last","skip"])u(a).disabled=r.quiz&&r.now<et;u("play").title=r.quiz?"th\
e quiz waits for your answers":"play (space)",r.quiz&&fe()&&nn(!1);let t=Pt(ht(r.chosen)?r.chosen:Kt[r.focus]).filter(a=>r.
open[a]&&(a===0||Zt[a]>1)),e=u("crumbs"),n=e.contains(document.activeElement),o=t.join();e.dataset.way!==o&&(e.dataset.way=
o,e.replaceChildren(),e.hidden=t.length<2||bt<=d.boxes,e.hidden||t.forEach((a,c)=>{let l=c===t.length-1,s=E(e,l?"span":"\
button",a?Y(ne(st[a])):"all");l||(s.title="fold back to this",s.onclick=()=>_n(t[c+1],!1))}),n&&(e.querySelector("button")||
u("picture")).focus())}function rs(t){r.chosen=t,Po(t),at(),We(ht(t))}function _n(t,e){r.chosen=Kt[t],qn(()=>{r.open[t]=
e;for(let n=t+1;!e&&n<st.length&&st[n].parent>=t;n++)r.open[n]=!1;ze(t)},Kt[t],()=>e?r.boxes.filter(n=>ye(d.home[n.node],
t)):[]),se(Kt[t]).focus({preventScroll:!0})}Io(t=>{let e=Number(t.slice(1));t[0]==="g"?_n(e,!0):(rs(e),se(e).focus({preventScroll:!0}))});
jo(Ee);vo(t=>{Ot(),Et(t)});function Wn(t){let e=u("find").value.trim().toLowerCase();if(!t){if(gt=[],le=-1,e)for(let o=0;o<
bt;o++)(d.name[o].toLowerCase().includes(e)||d.op[o].toLowerCase()===e)&&gt.push(o);let n=gt.findIndex(o=>d.name[o].toLowerCase()===
e);n>0&&gt.unshift(...gt.splice(n,1)),u("hits").textContent=e?gt.length?`${ft(gt.length)} found`:"nothing found":"";return}
gt.length&&(le=(le+1)%gt.length,dispatchEvent(new Event("look")),rs(gt[le]),u("hits").textContent=`${le+1} of ${ft(gt.length)}`)}
var tn=(t,e)=>u(t).setAttribute("aria-pressed",e),Dt={first:()=>{Ot(),Et(0)},back:()=>en(-1),next:()=>ts(),last:()=>{Ot(),
Et(et)},fit:Mn,skip:()=>ts(ss()),play:()=>{r.quiz||(!fe()&&r.now>=et&&Et(0),nn(!fe()))},partials:()=>{r.slopes=!r.slopes,
tn("partials",r.slopes),at()},quiz:()=>{r.quiz=!r.quiz,tn("quiz",r.quiz),Zo(),r.fresh=!0,Qt(r.quiz?0:et),at(),r.quiz&&u(
"guess").focus()},tovalue:()=>{Ot(),Et(Oo(r.chosen))},tograd:()=>{let t=r.chosen;Ot(),Et(Eo(t))},unfold:()=>_n(Number(u(
"unfold").dataset.group),!1)};for(let t in Dt)tt(t,"click",Dt[t]);tt("time","input",()=>{Ot(),Et(Number(u("time").value))});
tt("find","input",()=>Wn(!1));tt("find","keydown",t=>{t.key==="Enter"&&Wn(!0)});tt("find","change",()=>{le<0&&Wn(!0)});tt(
"speed","change",()=>nn(fe()));var es={ArrowRight:Dt.next,ArrowLeft:Dt.back," ":Dt.play,Home:Dt.first,End:Dt.last,0:Mn,s:Dt.
partials,"+":()=>re(1.25),"-":()=>re(.8)};addEventListener("keydown",t=>{let e=t.target.tagName;if(!(e==="INPUT"&&t.target.
type!=="range"||e==="SELECT"||t.ctrlKey||t.metaKey||t.altKey)&&!(e==="INPUT"||t.key===" "&&e==="BUTTON")){if(t.shiftKey&&
t.key.startsWith("Arrow")&&!r.quiz){en(t.key==="ArrowRight"?1:-1,ss()),t.preventDefault();return}es[t.key]&&(es[t.key](),
t.preventDefault())}});for(let t of["pointerover","focusin"])addEventListener(t,e=>{let n=e.target.closest?.("[data-node\
]")?.dataset.node;for(let o of document.querySelectorAll(".pointed"))o.classList.remove("pointed");if(n!==void 0){se(Number(
n)).classList.add("pointed");for(let o of document.querySelectorAll(`#panel [data-node="${n}"]`))o.classList.add("pointe\
d")}});for(let t of[Mo,bo,ko,_o,Jo,Ds])qe(t);Wo();Qo(Et);d.name.filter((t,e)=>d.named[e]).slice(0,500).forEach(t=>{E(u("\
names"),"option").value=t});u("title").textContent=d.title;u("time").max=et;document.documentElement.style.setProperty("\
--forward",`${100*yt/et}%`);d.name.some(t=>os.test(t))&&E(u("unit"),"option","layer");d.name.some(t=>xt.test(t))&&E(u("u\
nit"),"option","row");tn("quiz",r.quiz);u("network").hidden=!d.network;qo();bt>200&&(u("unit").value="box");r.slopes=d.partials??
(r.boxes.length<=12&&!r.quiz);document.body.classList.toggle("values",d.forward);tn("partials",r.slopes);var ns=d.origins[0]??
d.op.findIndex((t,e)=>!t&&d.named[e]&&r.boxes[r.boxOf[e]].group<0);ns>=0&&(r.chosen=ns);d.start===void 0||r.quiz?(Qt(r.quiz?
0:et),at()):Et(d.start);Ht(r.quiz||d.start===0?0:d.start?r.chosen:d.origins[0]??M);Rt(!1);addEventListener("resize",Ke);
Vo();})();
